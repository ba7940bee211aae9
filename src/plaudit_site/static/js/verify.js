// Dropping a file on the form, and a word while the answer is on its way. Without this script the form works the same.
const form = document.querySelector("form[data-verify]");
if (form) {
  const zone = form.querySelector("[data-drop]");
  const input = zone.querySelector("input");
  const wait = form.querySelector("[data-wait]");
  for (const kind of ["dragover", "dragleave", "drop"]) {
    zone.addEventListener(kind, (event) => {
      event.preventDefault();
      zone.classList.toggle("over", kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files.length) input.files = event.dataTransfer.files;
    });
  }
  form.addEventListener("submit", () => {
    wait.textContent = wait.dataset.wait;
  });
  addEventListener("pageshow", () => {
    wait.textContent = "";
  });
}
