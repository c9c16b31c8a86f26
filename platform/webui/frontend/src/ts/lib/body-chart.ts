import { $, $$, say } from "./dom";

/* The chart of a body in the editor of a note. What is sent are the rows of fields; the marks are drawn from them. */

const SVG = "http://www.w3.org/2000/svg";
const FULL = 1000; // places are thousandths of a view's width and height
const STEP = 10; // what an arrow key moves
const MOVES: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const COLUMNS = ["view", "x", "y", "kind", "strength", "text"] as const;

type Shape = [name: string, left: number, top: number, right: number, bottom: number, radius: number];
type Column = (typeof COLUMNS)[number];

export function startBodyChart(form: HTMLFormElement): void {
  const chart = $("[data-body-chart]", form);
  if (!chart) return;
  const list = $("[data-marks]", chart)!;
  const blank = $<HTMLTemplateElement>("template", chart)!;
  const region = $<HTMLSelectElement>("select[name=mark_new]", chart)!;
  const sheets = $$<SVGSVGElement>("svg[data-view]", chart);
  region.removeAttribute("name"); // without a script it is sent; with one a button puts the mark in the list

  const rows = (): HTMLElement[] => $$("[data-mark]", list);
  const changed = (): void => {
    draw();
    list.dispatchEvent(new Event("input", { bubbles: true }));
  };

  function add(sheet: SVGSVGElement, x: number, y: number): void {
    list.append(blank.content.cloneNode(true));
    const row = rows().at(-1)!;
    place(row, sheet, x, y);
    changed();
    control(row, "kind").focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    say($("[data-words]", row)!.textContent ?? "");
  }

  function remove(row: HTMLElement): void {
    const next = (row.nextElementSibling ?? row.previousElementSibling) as HTMLElement | null;
    row.remove();
    (next ? $("[data-remove]", next) : region)?.focus();
    changed();
  }

  function draw(): void {
    const held = document.activeElement?.closest<SVGElement>(".body-mark")?.dataset["number"];
    for (const each of $$(".body-mark", chart!)) each.remove();
    const taken = new Map<string, number>();
    rows().forEach((row, index) => {
      const at = (["view", "x", "y"] as const).map((column) => control(row, column).value).join();
      taken.set(at, (taken.get(at) ?? -1) + 1);
      const sheet = sheets.find((each) => each.dataset["view"] === control(row, "view").value);
      $("[data-number]", row)!.textContent = String(index + 1);
      sheet?.append(drawn(sheet, row, index + 1, taken.get(at)!));
    });
    if (held) $<SVGElement>(`.body-mark[data-number="${held}"]`, chart!)?.focus();
  }

  chart.addEventListener("click", (event) => {
    const target = event.target as Element;
    const row = target.closest<HTMLElement>("[data-mark]");
    if (row && target.closest("[data-remove]")) remove(row);
    const option = region.selectedOptions[0];
    if (!target.closest("[data-add-mark]") || !option?.value) return;
    const sheet = sheets.find((each) => each.dataset["view"] === option.value.split(":")[0])!;
    add(sheet, Number(option.dataset["x"]), Number(option.dataset["y"]));
    region.value = "";
  });
  list.addEventListener("change", draw);

  for (const sheet of sheets) {
    let dragged: HTMLElement | null = null;
    let isOfMark = false; // a click that began on a mark makes no other one
    sheet.addEventListener("pointerdown", (event) => {
      const number = (event.target as Element).closest<SVGElement>(".body-mark")?.dataset["number"];
      isOfMark = number !== undefined;
      if (event.button !== 0 || !isOfMark) return;
      event.preventDefault();
      dragged = rows()[Number(number) - 1] ?? null;
      sheet.setPointerCapture(event.pointerId);
    });
    sheet.addEventListener("pointermove", (event) => {
      if (!dragged) return;
      place(dragged, sheet, ...pointed(sheet, event));
      draw();
    });
    for (const end of ["pointerup", "pointercancel"] as const)
      sheet.addEventListener(end, () => {
        if (!dragged) return;
        control(dragged, "kind").focus({ preventScroll: true });
        dragged = null;
        changed();
      });
    sheet.addEventListener("click", (event) => {
      if (!isOfMark) add(sheet, ...pointed(sheet, event));
    });
    sheet.addEventListener("keydown", (event) => {
      const number = (event.target as Element).closest<SVGElement>(".body-mark")?.dataset["number"];
      const row = number && rows()[Number(number) - 1];
      const move = MOVES[event.key];
      if (!row || !(move || ["Enter", " ", "Delete"].includes(event.key))) return;
      event.preventDefault();
      if (event.key === "Delete") return remove(row);
      if (!move) return control(row, "kind").focus();
      const [x, y] = [Number(control(row, "x").value), Number(control(row, "y").value)];
      place(row, sheet, within(x + move[0] * STEP), within(y + move[1] * STEP));
      changed();
      say($("[data-words]", row)!.textContent ?? "");
    });
  }
  draw();
}

const within = (place: number): number => Math.min(Math.max(Math.round(place), 0), FULL);

const control = (row: HTMLElement, column: Column): HTMLInputElement => $<HTMLInputElement>(`[name=mark_${column}]`, row)!;

/** Where a pointer is on a view, in thousandths. */
function pointed(sheet: SVGSVGElement, event: MouseEvent): [number, number] {
  const { width, height } = sheet.viewBox.baseVal;
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(sheet.getScreenCTM()!.inverse());
  return [within((at.x / width) * FULL), within((at.y / height) * FULL)];
}

function place(row: HTMLElement, sheet: SVGSVGElement, x: number, y: number): void {
  control(row, "view").value = sheet.dataset["view"]!;
  control(row, "x").value = String(x);
  control(row, "y").value = String(y);
  $("[data-words]", row)!.textContent = `${regionAt(sheet, x, y)}, ${sheet.dataset["label"]}`;
}

/** The region that a place is deepest in or, beside the body, nearest to: as the server says it. */
function regionAt(sheet: SVGSVGElement, x: number, y: number): string {
  const { width, height } = sheet.viewBox.baseVal;
  const depth = ([, left, top, right, bottom, radius]: Shape): number => {
    const [dx, dy, px, py] = [right - left, bottom - top, (x * width) / FULL - left, (y * height) / FULL - top];
    const along = Math.min(Math.max((px * dx + py * dy) / (dx * dx + dy * dy || 1), 0), 1);
    return 1 - Math.hypot(px - along * dx, py - along * dy) / radius;
  };
  const shapes = JSON.parse(sheet.dataset["shapes"]!) as Shape[];
  return shapes.reduce((best, each) => (depth(each) > depth(best) ? each : best))[0];
}

/** Draw a mark; those at one place stand side by side. */
function drawn(sheet: SVGSVGElement, row: HTMLElement, number: number, beside: number): SVGGElement {
  const { width, height } = sheet.viewBox.baseVal;
  const dot = Number(sheet.dataset["dot"]);
  const x = (Number(control(row, "x").value) * width) / FULL + beside * dot;
  const y = (Number(control(row, "y").value) * height) / FULL;
  const mark = svg("g", { class: `body-mark${control(row, "kind").value === "pain" ? " is-pain" : ""}`, role: "button" });
  mark.setAttribute("tabindex", "0");
  mark.setAttribute("aria-label", `${number}: ${$("[data-words]", row)!.textContent ?? ""}`);
  mark.dataset["number"] = String(number);
  const text = svg("text", { x, y });
  text.textContent = String(number);
  mark.append(svg("circle", { cx: x, cy: y, r: dot * 1.25, class: "reach" }), svg("circle", { cx: x, cy: y, r: dot }), text);
  return mark;
}

function svg<K extends keyof SVGElementTagNameMap>(tag: K, attributes: Record<string, string | number>): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}
