/**
 * The end of Markdown that is still being written, closed, so that it does not jump: an open `**` is bold already, and a link
 * shows its text until its address is whole.
 */

const FENCE = /^ {0,3}(```|~~~)/gm;

/** @param {string} markdown the last block of a growing text */
export function mend(markdown) {
  const fences = markdown.match(FENCE) ?? [];
  if (fences.length % 2) return `${markdown}\n${fences[0].trim()}`;
  let text = markdown.replace(/!?\[([^\]]*)\](\([^)]*)?$/, "$1").replace(/!?\[([^\]]*)$/, "$1");
  text = text.replace(/<[^>]*$/, "");
  const code = count(text, "`") % 2 ? "`" : "";
  const prose = text.replace(/`[^`]*`?/g, "").replace(/\\./g, "");
  const bold = count(prose, "**") % 2 ? "**" : "";
  const italic = count(prose.replaceAll("**", "").replace(/^\s*\*\s/gm, ""), "*") % 2 ? "*" : "";
  return closeWith(text, code + italic + bold);
}

function count(text, mark) {
  return text.split(mark).length - 1;
}

/** A mark that was only just opened closes nothing: it waits for its first word. */
function closeWith(text, marks) {
  if (!marks) return text;
  const trimmed = text.trimEnd();
  const opened = trimmed.match(/(?:^|\s)([*`]+)$/);
  if (opened) return trimmed.slice(0, trimmed.length - opened[1].length);
  return trimmed + marks;
}
