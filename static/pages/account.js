/** One's own account: name, password, log out, delete. */
import { useEffect, useState } from "preact/hooks";
import { throwAway, wouldBeLost } from "../api/sealing.js";
import { changeAccount, deleteAccount, logOut, member } from "../api/session.js";
import { Confirm } from "../components/dialog.js";
import { Field, Problem, Submit, useForm } from "../components/form.js";
import { Standing } from "../components/standing.js";
import { toast } from "../components/toasts.js";
import { html } from "../html.js";
import { navigate } from "../router.js";

export default function Account() {
  useEffect(() => void (document.title = "Your account · Frostbyte Hub"), []);
  useEffect(() => {
    if (member.value === null) navigate("/login?next=/account", { replace: true });
  }, [member.value]);
  if (!member.value) return null;
  return html`
    <div class="narrow">
      <h1>Your account</h1>
      <p class="muted">You are <strong>@${member.value.username}</strong>${roleText(member.value.role)}.</p>
      <${Standing} />
      <${NameForm} />
      <${PasswordForm} />
      <${Sessions} />
      <${Deletion} />
    </div>
  `;
}

function roleText(role) {
  return role === "visitor" ? "" : `, ${role === "admin" ? "an admin" : "a moderator"}`;
}

function NameForm() {
  const { busy, problem, submit } = useForm(async ({ name }) => {
    await changeAccount({ name: name.trim() });
    toast("Your name is changed.");
  });
  return html`
    <form class="panel" onSubmit=${submit}>
      <h2>Name</h2>
      <${Field} label="What others see" name="name" value=${member.value.name} problem=${problem} required maxlength="80"
        autocomplete="name" />
      <${Problem} problem=${problem} />
      <${Submit} busy=${busy}>Save the name<//>
    </form>
  `;
}

function PasswordForm() {
  const { busy, problem, submit } = useForm(async (fields, form) => {
    await changeAccount({ name: member.peek().name, ...fields });
    form.reset();
    toast("Your password is changed. Other devices are logged out.");
  });
  return html`
    <form class="panel" onSubmit=${submit}>
      <h2>Password</h2>
      <input class="visually-hidden" type="text" autocomplete="username" value=${member.value.username} tabindex="-1"
        aria-hidden="true" readonly />
      <${Field} label="Current password" name="current_password" type="password" problem=${problem} required
        autocomplete="current-password" maxlength="256" />
      <${Field} label="New password" name="password" type="password" problem=${problem} required minlength="10"
        maxlength="256" autocomplete="new-password" hint="At least 10 characters, none of the commonest passwords. Other devices are logged out." />
      <${Problem} problem=${problem} />
      <${Submit} busy=${busy}>Change the password<//>
    </form>
  `;
}

function Sessions() {
  const [asking, setAsking] = useState(null);
  const leave = (everywhere) => {
    logOut({ everywhere }).then((heard) => heard || toast("You are logged out here. The hub hears of it when there is signal."));
    navigate("/");
  };
  const ask = async (everywhere) => {
    const count = await wouldBeLost(member.peek().username).catch(() => 0);
    if (count) setAsking({ everywhere, count });
    else leave(everywhere);
  };
  const throwAwayAndLeave = async () => {
    await throwAway(member.peek().username);
    leave(asking.everywhere);
  };
  return html`
    <section class="panel">
      <h2>Log out</h2>
      <div class="buttons">
        <button class="button" type="button" onClick=${() => ask(false)}>Log out here</button>
        <button class="button button-quiet" type="button" onClick=${() => ask(true)}>Log out everywhere</button>
      </div>
      ${asking &&
      html`
        <${Confirm} title="Throw away what is not sent?" action="Log out" onConfirm=${throwAwayAndLeave} onCancel=${() => setAsking(null)}>
          <p>
            Here ${asking.count === 1 ? "is a text" : `are ${asking.count} texts`} of yours, drafts or posts on their way. This browser
            cannot lock them for you, so they go when you log out.
          </p>
        <//>
      `}
    </section>
  `;
}

function Deletion() {
  const [asking, setAsking] = useState(null);
  const answered = (yes) => {
    asking(yes);
    setAsking(null);
  };
  const { busy, problem, submit } = useForm(async ({ password }) => {
    if (!(await new Promise((resolve) => setAsking(() => resolve)))) return;
    const { username } = member.peek();
    await deleteAccount(password);
    await throwAway(username);
    toast("Your account is deleted.");
    navigate("/");
  });
  return html`
    <form class="panel" onSubmit=${submit}>
      <h2>Delete the account</h2>
      <p>Your name and everything personal goes. What you posted stays as written by a “former member”.</p>
      <input class="visually-hidden" type="text" autocomplete="username" value=${member.value.username} tabindex="-1"
        aria-hidden="true" readonly />
      <${Field} label="Your password" name="password" id="deletion-password" type="password" problem=${problem} required
        autocomplete="current-password" maxlength="256" />
      <${Problem} problem=${problem} />
      <button class="button button-danger" type="submit" aria-disabled=${busy}>Delete my account</button>
      ${asking &&
      html`
        <${Confirm} title="Delete your account?" action="Delete it" onConfirm=${() => answered(true)}
          onCancel=${() => answered(false)}>
          <p>This cannot be undone. If you only want a break, log out instead.</p>
        <//>
      `}
    </form>
  `;
}
