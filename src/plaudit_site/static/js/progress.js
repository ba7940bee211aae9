// A batch's progress in place: fetches the page every five seconds and exchanges what stands in #progress, and how many
// rows are in which state.
// Without this script the page has a link to look again.
const box = document.getElementById("progress");
const tabs = document.getElementById("of-rows");
const look = async () => {
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("progress");
    if (fresh.dataset.progress === "over") return location.reload();
    for (const [here, there] of [[box, fresh], [tabs, page.getElementById("of-rows")]]) {
      if (here && there && !here.contains(document.activeElement)) {
        here.replaceChildren(...document.importNode(there, true).childNodes);
      }
    }
  } catch {
    // Asked again in a while: what is shown was true.
  }
  return setTimeout(look, 5000);
};
if (box && box.dataset.progress === "going") setTimeout(look, 2000);
