// <rank-list> — lets its [data-rank] items be dragged by their grip into another order.
// In:  items with a hidden field each, in the order in which the form sends them.
// Out: the items in their new order, and a "reordered" event (htmx asks the server to count).
// The buttons of an item move it without a mouse; after such a step the focus stays on the button that was pressed.

class RankList extends HTMLElement {
  connectedCallback() {
    this.addEventListener("dragstart", (event) => this.start(event));
    this.addEventListener("dragover", (event) => this.over(event));
    this.addEventListener("drop", (event) => event.preventDefault());
    this.addEventListener("dragend", () => this.end());
    this.addEventListener("click", (event) => {
      const pressed = event.target.closest("button[id]");
      if (pressed?.getAttribute("aria-disabled") === "true") event.stopPropagation();
    }, true);
  }

  start(event) {
    this.dragged = event.target.closest?.("[data-rank]");
    if (!this.dragged) return;
    this.before = this.order();
    this.dragged.dataset.dragged = "";
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", this.dragged.id);
    event.dataTransfer.setDragImage(this.dragged, 16, 16);
  }

  over(event) {
    const under = event.target.closest?.("[data-rank]");
    if (!this.dragged || !under) return;
    event.preventDefault();
    const place = under.getBoundingClientRect();
    const after = event.clientY > place.top + place.height / 2;
    if (under !== this.dragged) under.parentElement.insertBefore(this.dragged, after ? under.nextSibling : under);
  }

  end() {
    if (!this.dragged) return;
    delete this.dragged.dataset.dragged;
    this.dragged = null;
    if (this.order() !== this.before) this.dispatchEvent(new Event("reordered", { bubbles: true }));
  }

  order() {
    return [...this.querySelectorAll("[data-rank]")].map((item) => item.id).join(" ");
  }
}

// A step swaps the list; the pressed button is found again by its id.
let pressed;
document.addEventListener("htmx:before:request", (event) => {
  pressed = event.target.closest?.("rank-list button")?.id;
});
document.addEventListener("htmx:after:swap", () => {
  if (pressed) document.getElementById(pressed)?.focus();
  pressed = null;
});

customElements.define("rank-list", RankList);
