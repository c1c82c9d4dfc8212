// Handles of a plan that is laid over a picture: dragged with a mouse or a finger, or moved with the arrow keys.
// Tells the page with an event "laid" of {handle, x, y}, in pixels of the picture, at most every EVERY_MS.
"use strict";
(() => {
  const EVERY_MS = 80;
  const STEP_PX = 1, LONG_STEP_PX = 10;
  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  let dragged = null;
  let told = 0;
  let timer = null;
  const due = new Set();

  const handleOf = (target) => (target instanceof Element ? target.closest(".handle") : null);

  function place(handle, x, y) {
    const box = handle.ownerSVGElement.viewBox.baseVal;
    handle.dataset.x = Math.min(Math.max(x, 0), box.width).toFixed(1);
    handle.dataset.y = Math.min(Math.max(y, 0), box.height).toFixed(1);
    handle.setAttribute("transform", `translate(${handle.dataset.x} ${handle.dataset.y})`);
  }

  function tell(handle) {
    due.add(handle);
    timer ??= setTimeout(tellAll, Math.max(0, told + EVERY_MS - performance.now()));
  }

  function tellAll() {
    clearTimeout(timer);
    timer = null;
    told = performance.now();
    for (const handle of due) {
      const spot = { handle: Number(handle.dataset.handle), x: Number(handle.dataset.x), y: Number(handle.dataset.y) };
      handle.dispatchEvent(new CustomEvent("laid", { bubbles: true, detail: spot }));
    }
    due.clear();
  }

  document.addEventListener("pointerdown", (event) => {
    dragged = handleOf(event.target);
    if (!dragged) return;
    event.preventDefault();
    dragged.setPointerCapture(event.pointerId);
    dragged.focus();
  });
  document.addEventListener("pointermove", (event) => {
    if (!dragged) return;
    const svg = dragged.ownerSVGElement;
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    place(dragged, point.x, point.y);
    tell(dragged);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => {
      dragged = null;
      tellAll();
    });
  }
  document.addEventListener("keydown", (event) => {
    const handle = handleOf(event.target);
    const step = STEPS[event.key];
    if (!handle || !step) return;
    event.preventDefault();
    const by = event.shiftKey ? LONG_STEP_PX : STEP_PX;
    place(handle, Number(handle.dataset.x) + step[0] * by, Number(handle.dataset.y) + step[1] * by);
    tell(handle);
  });
  // What a person does next must find it told.
  document.addEventListener("keyup", tellAll);
})();
