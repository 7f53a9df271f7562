/** Copying, said aloud. */
import { toast } from "./toasts.js";

/** Put `text` on the clipboard and say so. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied.");
  } catch {
    toast("This browser does not let the page copy: mark the text and copy it yourself.");
  }
}
