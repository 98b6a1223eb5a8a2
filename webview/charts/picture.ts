/** Copies a chart as a picture (PNG): its shapes in the colours of the theme. */

const scale = 2;

/** @throws if the browser does not let the page write to the clipboard. */
export async function copyPicture(chart: SVGSVGElement): Promise<void> {
  const { width, height } = chart.getBoundingClientRect();
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("The chart cannot be drawn.");
  const styles = getComputedStyle(document.documentElement);
  const colour = (name: string) => styles.getPropertyValue(name).trim();
  context.fillStyle = colour("--vscode-editorWidget-background") || colour("--vscode-editor-background");
  context.fillRect(0, 0, canvas.width, canvas.height);
  const box = chart.viewBox.baseVal;
  context.scale(canvas.width / box.width, canvas.height / box.height);
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
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (blob === null) throw new Error("The chart cannot be drawn.");
  await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
}
