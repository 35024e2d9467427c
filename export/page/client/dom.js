// Elements, numbers as people write them, and the clipboard. No inline styles, no markup from text.

// An element: `class`, `text`, attributes, `on<event>` functions; children are nodes or texts.
export function el(tag, attributes = {}, ...children) {
  return dressedNode(document.createElement(tag), attributes, children);
}

// The same for SVG.
export function svg(tag, attributes = {}, ...children) {
  return dressedNode(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function dressedNode(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === 'text') node.textContent = value;
    else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

// Texts of evenly spaced numbers in so many digits, or more where they would not be told apart.
export function tickTexts(values, digits) {
  const enough = tickDigits(values, digits);
  return values.map((v) => format(v, enough));
}

// How many digits that takes.
export function tickDigits(values, digits) {
  const near = Math.abs(values[1] - values[0]) / 20;
  let n = digits;
  while (n < 15 && values.some((v) => Math.abs(Number(format(v, n)) - v) > near)) n++;
  return n;
}

// As Python's '%.{digits}g' writes it: 6 digits are those of `sna-edge query`.
export function format(value, digits = 6) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '-' : value > 0 ? 'inf' : '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa, power] = roundedDigits(value, digits).split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= digits) {
    return `${bareDigits(mantissa)}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const sign = mantissa.startsWith('-') ? '-' : '';
  return sign + bareDigits(placedDigits(mantissa.replace(/[-.]/g, ''), exponent));
}

// '1.23457e+2'; an exact half goes to the even digit, as in Python.
function roundedDigits(value, digits) {
  const near = value.toExponential(digits - 1);
  const [whole, power] = value.toExponential(60).split('e');
  const at = whole.indexOf('.') + digits;
  const tie = /^50*$/.test(whole.slice(at)) && '02468'.includes(digits > 1 ? whole[at - 1] : whole[at - 2]);
  return tie ? `${digits > 1 ? whole.slice(0, at) : whole.slice(0, at - 1)}e${power}` : near;
}

function placedDigits(figures, exponent) {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${figures}`;
  return `${figures.slice(0, exponent + 1)}.${figures.slice(exponent + 1)}`;
}

function bareDigits(text) {
  return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
}

// A number with its unit: '41.2 MPa'.
export function withUnit(value, unit, digits = 6) {
  return unit ? `${format(value, digits)} ${unit}` : format(value, digits);
}

// 'cement [kg/m3]'; a name that ends in brackets or in its unit ('power [W]', 'cement_kg_m3') stays.
export function labelOf({ name, unit }) {
  const letters = [...(unit ?? '').matchAll(/[\p{L}\p{N}%]/gu)].map((m) => m[0]);
  const ending = letters.length ? new RegExp(`(^|[^\\p{L}\\p{N}])${letters.join('[^\\p{L}\\p{N}]*')}$`, 'iu') : null;
  return !unit || /[\])]\s*$/.test(name) || ending?.test(name) ? name : `${name} [${unit}]`;
}

// The number that a text means, with decimal point or comma; NaN where it is none.
export function parse(text) {
  let plain = String(text).trim().replace(/[\s\u00a0\u202f']/g, '').replace(/\u2212/g, '-');
  const mark = Math.max(plain.lastIndexOf('.'), plain.lastIndexOf(','));
  if (plain.includes('.') && plain.includes(',')) {
    plain = plain.slice(0, mark).replace(/[.,]/g, '') + '.' + plain.slice(mark + 1);
  } else plain = plain.replace(',', '.');
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
}

// Whether the text came into the clipboard; pages of a file may need the old way.
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = el('textarea', { class: 'away', 'aria-hidden': 'true' });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}
