/** Copies a chart as a picture (PNG): its title, shapes and axes in the colours of the theme. */

const scale = 2;
/** Space around the shapes for title and axes, in pixels of the page. */
const space = { top: 36, right: 16, bottom: 28, left: 64 } as const;
const fontPx = 12;

/** @throws if the browser does not let the page write to the clipboard. */
export async function copyPicture(chart: SVGSVGElement, title: string): Promise<void> {
  const canvas = document.createElement("canvas");
  const { width, height } = chart.getBoundingClientRect();
  canvas.width = Math.round((width + space.left + space.right) * scale);
  canvas.height = Math.round((height + space.top + space.bottom) * scale);
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("The chart cannot be drawn.");
  context.scale(scale, scale);
  context.fillStyle = colour("--vscode-editorWidget-background") || colour("--vscode-editor-background");
  context.fillRect(0, 0, canvas.width, canvas.height);
  drawTexts(context, chart, title, width, height);
  const box = chart.viewBox.baseVal;
  context.translate(space.left, space.top);
  context.scale(width / box.width, height / box.height);
  drawShapes(context, chart);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (blob === null) throw new Error("The chart cannot be drawn.");
  await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
}

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The title, the numbers on the left and the labels below, which are HTML and another picture on the page. */
function drawTexts(
  context: CanvasRenderingContext2D,
  chart: SVGSVGElement,
  title: string,
  width: number,
  height: number,
): void {
  const { fontFamily, color } = getComputedStyle(document.body);
  context.fillStyle = color;
  context.font = `bold ${fontPx}px ${fontFamily}`;
  context.fillText(title, space.left, space.top / 2, width);
  context.font = `${fontPx}px ${fontFamily}`;
  const plot = chart.parentElement;
  const ticks = [...(plot?.querySelectorAll(".ticks span") ?? [])];
  context.textAlign = "right";
  for (const [at, { textContent }] of ticks.entries())
    context.fillText(textContent ?? "", space.left - 8, space.top + 4 + (at / Math.max(1, ticks.length - 1)) * height);
  for (const label of plot?.nextElementSibling?.querySelectorAll("text") ?? []) {
    const anchor = label.getAttribute("text-anchor");
    context.textAlign = anchor === "middle" ? "center" : anchor === "end" ? "right" : "left";
    const share = Number.parseFloat(label.getAttribute("x") ?? "0") / 100;
    context.fillText(label.textContent ?? "", space.left + share * width, space.top + height + fontPx + 6);
  }
}

function drawShapes(context: CanvasRenderingContext2D, chart: SVGSVGElement): void {
  for (const shape of chart.querySelectorAll<SVGGraphicsElement>("g > rect:not(.area), rect.shade, line.grid")) {
    const number = (name: string) => Number(shape.getAttribute(name) ?? 0);
    const { fill, stroke } = getComputedStyle(shape);
    // A pattern has no colour of its own.
    context.fillStyle = fill.startsWith("url") ? colour("--vscode-charts-red") : fill;
    context.strokeStyle = stroke;
    if (shape instanceof SVGRectElement) context.fillRect(number("x"), number("y"), number("width"), number("height"));
    else {
      context.beginPath();
      context.moveTo(number("x1"), number("y1"));
      context.lineTo(number("x2"), number("y2"));
      context.stroke();
    }
  }
}
