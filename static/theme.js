/* Before the first paint: the theme that the reader chose, if any. A classic script, so that nothing flashes. */
try {
  const chosen = localStorage.getItem("hub.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Without storage the system's theme applies.
}
