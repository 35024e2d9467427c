// Contour lines of a grid by marching squares, places for their labels, and round numbers.
//
// A grid is values [ny * nx], row by row from the lowest y; coordinates run 0 .. nx - 1 and
// 0 .. ny - 1. Cells with a value that is not finite have no line. Source: Lorensen and Cline,
// SIGGRAPH 21 (1987), in two dimensions; saddles are parted by the mean of their corners.

// Round numbers (1, 2 or 5 times a power of ten) inside low .. high, about `count` of them.
export function roundNumbers(low, high, count) {
  if (!(high > low) || !Number.isFinite(high - low)) return [];
  const raw = (high - low) / Math.max(count, 1), power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999) ?? 10 * power;
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) {
    found.push(Number((i * step).toPrecision(12)));
  }
  return found;
}

// Edges of a cell: 0 below, 1 right, 2 above, 3 left. Pairs of them per case of its corners
// (bit 0 lower left, 1 lower right, 2 upper right, 3 upper left, set where above the level).
const CELL_EDGES = [
  [], [[3, 0]], [[0, 1]], [[3, 1]], [[1, 2]], null, [[0, 2]], [[3, 2]],
  [[2, 3]], [[2, 0]], null, [[2, 1]], [[1, 3]], [[1, 0]], [[0, 3]], [],
];

// Polylines of value = level: [Float64Array of x, y, x, y ..]; a closed one ends where it begins.
export function contourLines(values, nx, ny, level) {
  const links = new Map(); // edge -> the one or two edges joined to it
  const join = (a, b) => {
    if (links.has(a)) links.get(a).push(b);
    else links.set(a, [b]);
  };
  for (let j = 0; j + 1 < ny; j++) {
    for (let i = 0; i + 1 < nx; i++) {
      const at = j * nx + i;
      const a = values[at], b = values[at + 1], c = values[at + nx + 1], d = values[at + nx];
      const kind = (a > level) | ((b > level) << 1) | ((c > level) << 2) | ((d > level) << 3);
      if (kind === 0 || kind === 15 || !Number.isFinite(a + b + c + d)) continue;
      const edge = [2 * at, 2 * (at + 1) + 1, 2 * (at + nx), 2 * at + 1];
      for (const [from, to] of CELL_EDGES[kind] ?? saddleEdges(kind, (a + b + c + d) / 4 > level)) {
        join(edge[from], edge[to]);
        join(edge[to], edge[from]);
      }
    }
  }
  return edgeChains(links).map((edges) => onEdges(edges, values, nx, level));
}

// Pairs of edges where two opposite corners lie above: which of them are joined across the middle.
function saddleEdges(kind, middle) {
  const around = [[3, 0], [1, 2]], other = [[0, 1], [2, 3]];
  return (kind === 5) === middle ? other : around;
}

// Edges in the order of each line: open lines from their ends first, then the closed ones.
function edgeChains(links) {
  const seen = new Set(), found = [];
  const walk = (start) => {
    const line = [start];
    seen.add(start);
    for (let at = start; ; ) {
      const next = links.get(at).find((e) => !seen.has(e));
      if (next === undefined) {
        if (line.length > 2 && links.get(at).includes(start)) line.push(start);
        return line;
      }
      seen.add(next);
      line.push(next);
      at = next;
    }
  };
  for (const [edge, others] of links) if (others.length === 1 && !seen.has(edge)) found.push(walk(edge));
  for (const edge of links.keys()) if (!seen.has(edge)) found.push(walk(edge));
  return found;
}

// Points of a line on its edges, between the two ends of each in proportion.
function onEdges(edges, values, nx, level) {
  const line = new Float64Array(2 * edges.length);
  edges.forEach((edge, n) => {
    const at = edge >> 1, upright = edge & 1;
    const a = values[at], b = values[upright ? at + nx : at + 1];
    const t = Math.min(Math.max((level - a) / (b - a), 0), 1);
    line[2 * n] = (at % nx) + (upright ? 0 : t);
    line[2 * n + 1] = Math.floor(at / nx) + (upright ? t : 0);
  });
  return line;
}

// Where the label of a line stands: [x, y, angle] in pixels, at the straightest place that keeps
// `room` pixels from the border and from all `taken` [[x, y]]; null where there is none. `line` is
// in pixels; the angle keeps words upright.
export function labelPlace(line, length, width, height, room, taken) {
  let best = null;
  const n = line.length / 2, stride = Math.max(1, Math.floor(n / 40));
  for (let i = 0; i < n; i += stride) {
    const x = line[2 * i], y = line[2 * i + 1];
    if (x < room || y < room / 2 || x > width - room || y > height - room / 2) continue;
    if (taken.some(([a, b]) => Math.hypot(a - x, b - y) < 1.6 * room)) continue;
    const reach = reachOf(line, i, length);
    if (!reach) continue;
    const [from, to, along] = reach;
    const dx = line[2 * to] - line[2 * from], dy = line[2 * to + 1] - line[2 * from + 1];
    const bend = along / Math.max(Math.hypot(dx, dy), 1e-9);
    if (!best || bend < best.bend) best = { bend, x, y, angle: Math.atan2(dy, dx) };
  }
  if (!best || best.bend > 1.25) return null;
  let angle = best.angle;
  if (angle > Math.PI / 2) angle -= Math.PI;
  if (angle < -Math.PI / 2) angle += Math.PI;
  return [best.x, best.y, angle];
}

// Points before and after i that are `length` pixels apart along the line, and how far that is.
function reachOf(line, i, length) {
  const n = line.length / 2;
  const step = (a, b) => Math.hypot(line[2 * a] - line[2 * b], line[2 * a + 1] - line[2 * b + 1]);
  let from = i, to = i, along = 0;
  while (along < length) {
    if (from === 0 && to === n - 1) return null;
    if (from > 0) along += step(from, --from);
    if (to < n - 1) along += step(to, ++to);
  }
  return [from, to, along];
}
