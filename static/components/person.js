/** Who somebody is: the name that they chose, and what nobody else can have: the username, and the role. */
import { html } from "../html.js";

const ROLES = { moderator: "Moderator", admin: "Admin" };

/** The name, kept in its place whatever it is made of, with @username and role beside it. */
export function PersonName({ person, className = "" }) {
  return html`
    <span class=${`person ${className}`}>
      <bdi class="person-name">${person.name}</bdi>
      ${person.username && html` <${Handle} username=${person.username} />`}
      <${RoleMark} role=${person.role} />
    </span>
  `;
}

/** @param {{username: string}} props */
export function Handle({ username }) {
  return html`<span class="handle">@${username}</span>`;
}

/** Nothing for visitors. */
export function RoleMark({ role }) {
  return ROLES[role] ? html` <span class=${`role role-${role}`}>${ROLES[role]}</span>` : null;
}
