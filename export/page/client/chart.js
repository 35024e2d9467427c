// What small canvases share: colours of the style sheet, sharp pixels, round ticks.

const NAMES = ['s0', 's1', 's2', 's3', 's4', 's5', 'ink', 'soft', 'line', 'paper', 'tile'];

// {s0: '#2563b8', .., ink, soft, line, paper, tile} as they are now (light or dark).
export function colours(root = document.documentElement) {
  const style = getComputedStyle(root);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

// {width, height} of an element in CSS pixels; to ask behind a change makes the browser lay out the page.
export function sizeOf(node) {
  return { width: node.clientWidth, height: node.clientHeight };
}

// The 2d context of a canvas whose pixels are those of the screen, cleared; units are CSS pixels.
export function fresh(canvas, size = sizeOf(canvas)) {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.round(size.width * ratio);
  const height = Math.round(size.height * ratio);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const g = canvas.getContext('2d');
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, size.width, size.height);
  return g;
}

// Round numbers from lower to upper, about `count` of them.
export function roundTicks(lower, upper, count = 4) {
  if (!(upper > lower)) return [lower];
  const raw = (upper - lower) / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999);
  const found = [];
  for (let i = Math.ceil(lower / step - 1e-9); i * step <= upper + 1e-9 * step; i++) found.push(i * step || 0);
  return found;
}

// A line through points; gaps where they are not finite.
export function trace(g, xs, ys) {
  let open = false;
  g.beginPath();
  for (let i = 0; i < xs.length; i++) {
    if (!Number.isFinite(ys[i])) {
      open = false;
      continue;
    }
    if (open) g.lineTo(xs[i], ys[i]);
    else g.moveTo(xs[i], ys[i]);
    open = true;
  }
  g.stroke();
}

// The area between two lines, where both are finite.
export function band(g, xs, low, high) {
  let from = 0;
  while (from < xs.length) {
    while (from < xs.length && !(Number.isFinite(low[from]) && Number.isFinite(high[from]))) from++;
    let to = from;
    while (to < xs.length && Number.isFinite(low[to]) && Number.isFinite(high[to])) to++;
    g.beginPath();
    for (let i = from; i < to; i++) g.lineTo(xs[i], high[i]);
    for (let i = to - 1; i >= from; i--) g.lineTo(xs[i], low[i]);
    if (to > from) g.fill();
    from = to;
  }
}
