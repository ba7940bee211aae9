// Copy buttons: <div data-copy><input value="…"><button hidden>…</button><span role="status" data-done="Copied"></span></div>
// The button is hidden until this script runs; the field can be copied by hand without it.
export function enhanceCopying(root) {
  for (const part of root.querySelectorAll("[data-copy]")) {
    const button = part.querySelector("button");
    const source = part.querySelector("input, pre");
    const said = part.querySelector("[role=status]");
    if (!button || !source || !navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(source.value ?? source.textContent);
        if (said) {
          said.textContent = "";
          requestAnimationFrame(() => { said.textContent = said.dataset.done; });
        }
      } catch {
        source.select?.();
      }
    });
  }
}
enhanceCopying(document);
