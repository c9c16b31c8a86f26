import { $, $$ } from "./lib/dom";

/** A sheet to sign on. What is drawn is kept as whole numbers, on a sheet of the size that its viewBox has. */
const LEAST_STEP = 2;
const MOST_POINTS = 3_900;
const MOST_STROKES = 100;

for (const pad of $$("[data-sign-pad]")) startPad(pad);

function startPad(pad: HTMLElement): void {
  const sheet = $<SVGSVGElement>("svg", pad)!;
  const line = $<SVGPathElement>("path", sheet)!;
  const field = $<HTMLInputElement>("[data-drawing]", pad)!;
  let strokes: number[][] = field.value ? (JSON.parse(field.value) as number[][]) : [];
  let pen: number | null = null;

  const draw = (): void => line.setAttribute("d", strokes.map(pathOf).join(""));
  const add = (event: PointerEvent): void => {
    const { width, height } = sheet.viewBox.baseVal;
    const box = sheet.getBoundingClientRect();
    const x = within(((event.clientX - box.left) / box.width) * width, width);
    const y = within(((event.clientY - box.top) / box.height) * height, height);
    const stroke = strokes.at(-1)!;
    const [lastX = -9, lastY = -9] = stroke.slice(-2);
    if (Math.hypot(x - lastX, y - lastY) >= LEAST_STEP && strokes.flat().length < 2 * MOST_POINTS) stroke.push(x, y);
  };

  sheet.addEventListener("pointerdown", (event) => {
    if (pen !== null || event.button !== 0 || strokes.length >= MOST_STROKES) return;
    event.preventDefault();
    pen = event.pointerId;
    sheet.setPointerCapture(pen);
    strokes.push([]);
    add(event);
    draw();
  });
  sheet.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pen) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) add(each);
    draw();
  });
  for (const end of ["pointerup", "pointercancel"] as const)
    sheet.addEventListener(end, (event) => {
      if (event.pointerId !== pen) return;
      pen = null;
      strokes = strokes.filter((stroke) => stroke.length);
      field.value = JSON.stringify(strokes);
    });
  $("[data-clear]", pad)!.addEventListener("click", () => {
    strokes = [];
    field.value = "";
    draw();
  });
  draw();
}

const within = (place: number, end: number): number => Math.min(Math.max(Math.round(place), 0), end);

function pathOf(stroke: number[]): string {
  const points = stroke.flatMap((place, index) => (index % 2 ? [] : [`${place} ${stroke[index + 1]}`]));
  return points.length ? `M${(points.length > 1 ? points : [points[0], points[0]]).join("L")}` : "";
}
