// Boxes over a picture that a person corrects: drag to draw, to move, to resize; keys for everything; mouse, pen or finger.
// The page asks for them with labelBoxes.read() and puts them with labelBoxes.put(boxes).
"use strict";
globalThis.labelBoxes = (() => {
  const KINDS = { f: "facing", g: "gap", t: "tag", o: "occluder", i: "ignore" };
  const NUDGES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const LEAST_PX = 4, GRIP_PX = 9, MOST_UNDONE = 100;
  const NS = "http://www.w3.org/2000/svg";
  let boxes = [], chosen = -1, kind = "facing", held = null, undone = [], svg = null, changed = false, hidden = new Set();

  const ready = () => svg !== null && svg.isConnected;
  const unit = () => svg.viewBox.baseVal.width / Math.max(1, svg.getBoundingClientRect().width);

  function remember() {
    undone.push(JSON.stringify(boxes));
    if (undone.length > MOST_UNDONE) undone.shift();
    changed = true;
  }

  function spot(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const view = svg.viewBox.baseVal;
    return [Math.min(Math.max(point.x, 0), view.width), Math.min(Math.max(point.y, 0), view.height)];
  }

  // Which edges of a box a point grips: of small boxes the middle half stays free to move them.
  function gripOf(box, x, y) {
    const reach = Math.min(GRIP_PX * unit(), box.width / 4, box.height / 4);
    const across = x - box.left < reach ? -1 : box.left + box.width - x < reach ? 1 : 0;
    const down = y - box.top < reach ? -1 : box.top + box.height - y < reach ? 1 : 0;
    return [across, down];
  }

  function under(x, y) {
    const inside = (box) => !hidden.has(box.kind)
      && x >= box.left && x <= box.left + box.width && y >= box.top && y <= box.top + box.height;
    if (chosen >= 0 && boxes[chosen] && inside(boxes[chosen])) return chosen;
    let best = -1;
    boxes.forEach((box, place) => {
      if (inside(box) && (best < 0 || box.width * box.height < boxes[best].width * boxes[best].height)) best = place;
    });
    return best;
  }

  function lay(rect, box) {
    for (const [name, value] of [["x", box.left], ["y", box.top], ["width", box.width], ["height", box.height]]) {
      rect.setAttribute(name, value.toFixed(1));
    }
  }

  function draw() {
    if (!ready()) return;
    const rows = boxes.map((box, place) => {
      const rect = document.createElementNS(NS, "rect");
      lay(rect, box);
      rect.setAttribute("class", `label ${box.kind}${place === chosen ? " chosen" : ""}${hidden.has(box.kind) ? " off" : ""}`);
      return rect;
    });
    if (chosen >= 0) rows.push(...rows.splice(chosen, 1));
    svg.replaceChildren(...rows);
    const counts = {};
    for (const box of boxes) counts[box.kind] = (counts[box.kind] ?? 0) + 1;
    for (const shown of document.querySelectorAll("[data-kind]")) {
      const own = shown.dataset.kind;
      shown.querySelector(".howmany").textContent = counts[own] ?? 0;
      shown.setAttribute("aria-pressed", String(own === (boxes[chosen]?.kind ?? kind)));
    }
    const product = document.querySelector("[data-product]");
    if (product && document.activeElement !== product) {
      product.value = boxes[chosen]?.product ?? "";
      product.disabled = boxes[chosen]?.kind !== "facing";
    }
  }

  function become(next) {
    kind = next;
    if (chosen >= 0 && boxes[chosen].kind !== next) {
      remember();
      boxes[chosen].kind = next;
    }
    draw();
  }

  function remove() {
    if (chosen < 0) return;
    remember();
    boxes.splice(chosen, 1);
    chosen = -1;
    draw();
  }

  function undo() {
    if (!undone.length) return;
    boxes = JSON.parse(undone.pop());
    chosen = -1;
    draw();
  }

  function pull(x, y) {
    const { box, before, grip, from } = held;
    const [dx, dy] = [x - from[0], y - from[1]];
    const view = svg.viewBox.baseVal;
    if (!grip[0] && !grip[1]) {
      box.left = Math.min(Math.max(before.left + dx, 0), view.width - before.width);
      box.top = Math.min(Math.max(before.top + dy, 0), view.height - before.height);
      return;
    }
    for (const [side, at, size, way, by] of [["left", before.left, "width", grip[0], dx], ["top", before.top, "height", grip[1], dy]]) {
      if (!way) continue;
      const end = at + before[size];
      const moved = way < 0 ? [at + by, end] : [at, end + by];
      box[side] = Math.min(...moved);
      box[size] = Math.max(...moved) - box[side];
    }
  }

  document.addEventListener("pointerdown", (event) => {
    if (!ready() || event.button > 0 || !svg.contains(event.target)) return;
    event.preventDefault();
    document.activeElement?.blur();
    svg.setPointerCapture(event.pointerId);
    const [x, y] = spot(event);
    const place = event.shiftKey ? -1 : under(x, y);
    remember();
    if (place < 0) {
      const box = { kind, left: x, top: y, width: 0, height: 0, product: "" };
      boxes.push(box);
      chosen = boxes.length - 1;
      held = { box, before: { ...box }, grip: [1, 1], from: [x, y], fresh: true };
    } else {
      const box = boxes[place];
      const grip = place === chosen ? gripOf(box, x, y) : [0, 0];
      chosen = place;
      held = { box, before: { ...box }, grip, from: [x, y], fresh: false };
    }
    draw();
  });
  document.addEventListener("pointermove", (event) => {
    if (!held) return;
    pull(...spot(event));
    // The chosen box is drawn last. Hundreds of others stay as they are, so that the box keeps up with the hand.
    lay(svg.lastElementChild, held.box);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => {
      if (!held) return;
      const { box, before, fresh } = held;
      held = null;
      if (box.width < LEAST_PX || box.height < LEAST_PX) {
        if (fresh) {
          boxes.splice(boxes.indexOf(box), 1);
          chosen = -1;
        } else Object.assign(box, before);
      }
      if (JSON.stringify(boxes) === undone.at(-1)) undone.pop();
      draw();
    });
  }
  document.addEventListener("keydown", (event) => {
    if (!ready() || event.target instanceof HTMLInputElement) return;
    const step = NUDGES[event.key];
    if ((event.ctrlKey || event.metaKey) && event.key === "z") undo();
    else if (event.ctrlKey || event.metaKey || event.altKey) return;
    else if (KINDS[event.key]) become(KINDS[event.key]);
    else if (event.key === "Delete" || event.key === "Backspace" || event.key === "x") remove();
    else if (event.key === "Escape") { chosen = -1; draw(); }
    else if (event.key === "Tab" && boxes.length) {
      chosen = (chosen + (event.shiftKey ? boxes.length - 1 : 1)) % boxes.length;
      draw();
    } else if (event.key === "+" || event.key === "-") zoom(event.key === "+" ? 1.25 : 0.8);
    else if (step && chosen >= 0) {
      remember();
      boxes[chosen].left += step[0] * unit();
      boxes[chosen].top += step[1] * unit();
      draw();
    } else return;
    event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-kind],[data-tool]") : null;
    if (!button || !ready()) return;
    if (button.dataset.kind) become(button.dataset.kind);
    const tools = { remove, undo, closer: () => zoom(1.25), farther: () => zoom(0.8) };
    tools[button.dataset.tool]?.();
  });
  document.addEventListener("input", (event) => {
    if (!(event.target instanceof HTMLInputElement) || !("product" in event.target.dataset) || chosen < 0) return;
    boxes[chosen].product = event.target.value;
    changed = true;
  });
  addEventListener("beforeunload", (event) => { if (changed && ready()) event.preventDefault(); });

  function zoom(by) {
    const sheet = svg.closest(".layers");
    const wide = Number(sheet.dataset.zoom ?? 1) * by;
    sheet.dataset.zoom = Math.min(Math.max(wide, 1), 8);
    sheet.style.width = `${sheet.dataset.zoom * 100}%`;
    draw();
  }

  return {
    put(given) {
      svg = document.querySelector("svg.labels");
      boxes = given;
      chosen = -1;
      undone = [];
      changed = false;
      draw();
    },
    read: () => boxes,
    kept() { changed = false; },
    show(own, on) { on ? hidden.delete(own) : hidden.add(own); draw(); },
  };
})();
