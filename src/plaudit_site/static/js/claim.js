// The claim page says once that somebody looks at it: after two seconds in view, or at the first press of a key or pointer.
// What only fetches links, as scanners of mail do, says nothing. Nobody waits for the answer, and nothing depends on it.
const page = document.querySelector("[data-opened]");
const proof = document.querySelector("[name=csrfmiddlewaretoken]");
if (page && proof) {
  const TOUCHES = ["pointerdown", "keydown"];
  let timer;
  const tell = () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", watch);
    for (const touch of TOUCHES) removeEventListener(touch, tell, true);
    fetch(page.dataset.opened, { method: "POST", headers: { "X-CSRFToken": proof.value }, keepalive: true }).catch(() => {});
  };
  const watch = () => {
    clearTimeout(timer);
    if (document.visibilityState === "visible") timer = setTimeout(tell, 2000);
  };
  for (const touch of TOUCHES) addEventListener(touch, tell, { capture: true });
  document.addEventListener("visibilitychange", watch);
  watch();
}
