// A batch's progress in place: fetches the page every five seconds and exchanges what stands in #progress.
// Without this script the page has a link to look again.
const box = document.getElementById("progress");
const look = async () => {
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("progress");
    if (fresh.dataset.progress === "over") return location.reload();
    if (!box.contains(document.activeElement)) {
      box.replaceChildren(...document.importNode(fresh, true).childNodes);
    }
  } catch {
    // Asked again in a while: what is shown was true.
  }
  return setTimeout(look, 5000);
};
if (box && box.dataset.progress === "going") setTimeout(look, 2000);
