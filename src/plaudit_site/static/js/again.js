// "Check again" in place: fetches this page anew and exchanges the words of the verdict and the checks, as long as all
// else on the certificate says the same: its colour, its sheet with ribbon, by-line and dates, and what is left out.
// Otherwise, and without this script, the form loads the page again.
const SAME = ["title", ".ownerbar", ".sheet"];

function certificateOf(page) {
  const parts = SAME.map((name) => page.querySelector(name)?.outerHTML ?? "");
  return JSON.stringify([page.querySelector(".verdict").className, page.querySelector(".verdict > svg")?.outerHTML, ...parts]);
}
const form = document.querySelector("form[data-again]");
if (form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    const hadFocus = document.activeElement === button;
    button.disabled = true;
    try {
      const address = new URL(form.action, location.href);
      address.search = new URLSearchParams(new FormData(form)).toString();
      const answer = await fetch(address, { cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (certificateOf(fresh) !== certificateOf(document)) throw new Error("another state");
      for (const id of ["verdict-words", "checks"]) {
        const here = document.getElementById(id);
        here.replaceChildren(...document.importNode(fresh.getElementById(id), true).childNodes);
      }
      button.disabled = false;
      // A button that is switched off loses the focus of the keyboard.
      if (hadFocus && document.activeElement === document.body) button.focus({ preventScroll: true });
    } catch {
      form.submit();
    }
  });
}
