/** Make an account. */
import { useEffect } from "preact/hooks";
import { member, register } from "../api/session.js";
import { Field, Problem, Submit, useForm } from "../components/form.js";
import { html } from "../html.js";
import { afterLogin, navigate } from "../router.js";

export default function Register({ query }) {
  useEffect(() => void (document.title = "Make an account · Frostbyte Hub"), []);
  useEffect(() => {
    if (member.value) navigate(afterLogin(query.next), { replace: true });
  }, [member.value]);
  const { busy, problem, submit } = useForm(({ username, password, name }) =>
    register(username.trim(), password, name.trim()),
  );
  const next = query.next ? `?next=${encodeURIComponent(query.next)}` : "";
  return html`
    <section class="narrow panel">
      <h1>Join the hub</h1>
      <form onSubmit=${submit}>
        <${Field} label="Username" name="username" problem=${problem} required autocomplete="username" autocapitalize="none"
          spellcheck=${false} minlength="3" maxlength="32" pattern="[A-Za-z0-9][A-Za-z0-9_.\\-]*"
          title="Letters, digits, dots, dashes and underscores; it starts with a letter or digit"
          hint="3 to 32 letters, digits, dots, dashes or underscores. It stays as it is." />
        <${Field} label="Name (optional)" name="name" problem=${problem} autocomplete="name" maxlength="80"
          hint="What others see. You can change it at any time." />
        <${Field} label="Password" name="password" type="password" problem=${problem} required minlength="10"
          maxlength="256" autocomplete="new-password" hint="At least 10 characters, without your username in it, and none of the commonest passwords." />
        <${Problem} problem=${problem} />
        <${Submit} busy=${busy}>Make the account<//>
      </form>
      <p class="muted">Already a member? <a href=${`/login${next}`}>Log in</a>.</p>
    </section>
  `;
}
