/** The address of one post or one review: leads on to the channel it is in, or says that it is not there. */
import { useEffect, useState } from "preact/hooks";
import { call } from "../api/session.js";
import { ErrorBox, Loading, NotFound } from "../components/states.js";
import { html } from "../html.js";
import { navigate } from "../router.js";

const PLACES = {
  post: ({ channel, id }) => `/channels/${channel}#post-${id}`,
  review: ({ channel, id }) => `/channels/${channel}?tab=reviews#review-${id}`,
};

export default function LinkedPage({ params }) {
  const [kind, id] = Object.entries(params)[0];
  const [problem, setProblem] = useState(null);
  const read = () => {
    setProblem(null);
    call("GET", `/api/${kind}s/${encodeURIComponent(id)}`).then(
      ({ data }) => navigate(PLACES[kind](data), { replace: true }),
      setProblem,
    );
  };
  useEffect(() => {
    document.title = `${kind === "post" ? "Post" : "Review"} · Frostbyte Hub`;
    read();
  }, [kind, id]);
  if (!problem) return html`<${Loading} />`;
  if (problem.status === 404 || problem.status === 410) {
    return html`<${NotFound} what=${`This ${kind} is not there.`} why="It was deleted or hidden, or the address is not whole." />`;
  }
  return html`<${ErrorBox} text=${problem.message} onRetry=${read} />`;
}
