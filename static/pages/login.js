/** Log in. */
import { useEffect } from "preact/hooks";
import { logIn, member } from "../api/session.js";
import { Field, Problem, Submit, useForm } from "../components/form.js";
import { html } from "../html.js";
import { afterLogin, navigate } from "../router.js";

export default function Login({ query }) {
  useEffect(() => void (document.title = "Log in · Frostbyte Hub"), []);
  useEffect(() => {
    if (member.value) navigate(afterLogin(query.next), { replace: true });
  }, [member.value]);
  const { busy, problem, submit } = useForm(({ username, password }) => logIn(username.trim(), password));
  const next = query.next ? `?next=${encodeURIComponent(query.next)}` : "";
  return html`
    <section class="narrow panel">
      <h1>Welcome back</h1>
      <form onSubmit=${submit}>
        <${Field} label="Username" name="username" problem=${problem} required autocomplete="username" autocapitalize="none"
          spellcheck=${false} maxlength="80" />
        <${Field} label="Password" name="password" type="password" problem=${problem} required
          autocomplete="current-password" maxlength="256" />
        <${Problem} problem=${problem} />
        <${Submit} busy=${busy}>Log in<//>
      </form>
      <p class="muted">No account yet? <a href=${`/register${next}`}>Make one</a>. Reading needs none.</p>
    </section>
  `;
}
