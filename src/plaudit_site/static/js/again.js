// "Check again" in place: fetches this page anew and exchanges the verdict and the checks.
// Without this script the form loads the page again.
const form = document.querySelector("form[data-again]");
if (form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const address = new URL(form.action, location.href);
      address.search = new URLSearchParams(new FormData(form)).toString();
      const answer = await fetch(address, { cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const old = document.querySelector("h1")?.textContent;
      if (fresh.querySelector("h1")?.textContent !== old) throw new Error("another state");
      for (const id of ["verdict-words", "checks"]) {
        const here = document.getElementById(id);
        here.replaceChildren(...document.importNode(fresh.getElementById(id), true).childNodes);
      }
      button.disabled = false;
    } catch {
      form.submit();
    }
  });
}
