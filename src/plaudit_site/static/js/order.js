// Dragging a badge to its place. Without this script, and for the keyboard, there are the buttons Up and Down.
for (const form of document.querySelectorAll("form[data-order]")) {
  const list = form.querySelector("ol");
  const save = form.querySelector("[data-save]");
  let held = null;
  for (const place of list.querySelectorAll("[data-place]")) {
    place.draggable = true;
    place.addEventListener("dragstart", (event) => {
      held = place;
      place.classList.add("held");
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", "");
    });
    place.addEventListener("dragend", () => {
      place.classList.remove("held");
      held = null;
      // The whole order is in one field of the form: what was dragged is saved together, once.
      form.elements.order.value = [...list.children].map((one) => one.dataset.place).join(" ");
      save.hidden = false;
    });
    place.addEventListener("dragover", (event) => {
      if (!held || held === place) return;
      event.preventDefault();
      const box = place.getBoundingClientRect();
      const after = event.clientY > box.top + box.height / 2;
      list.insertBefore(held, after ? place.nextSibling : place);
    });
    place.addEventListener("drop", (event) => event.preventDefault());
  }
}
