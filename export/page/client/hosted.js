// Shown in a frame of a station, the page takes from it a part as setting, the limits of the line, and
// the parts of today for its maps. It hears the frame around it only, and only of its own origin.

export function listenToHost(app, bytes) {
  if (parent === window || !location.origin.startsWith('http')) return;
  document.documentElement.classList.add('hosted'); // targets for gloves, no title of its own
  addEventListener('message', async (event) => {
    if (event.source !== parent || event.origin !== location.origin) return;
    parent.postMessage({ says: await takenOver(app, bytes, event.data) }, location.origin);
  });
  parent.postMessage({ ready: true }, location.origin);
}

// What was taken over, or why not, as a sentence.
async function takenOver(app, bytes, told) {
  const other = told.model && (await digestOf(bytes)) && (await digestOf(bytes)) !== told.model;
  for (const [name, [lower, upper, target]] of Object.entries(told.limits ?? {})) {
    const k = app.about.outputs.findIndex((output) => output.name === name);
    if (k >= 0) app.setLimits(k, lower, upper, target);
  }
  const parts = told.parts ?? [];
  app.today = parts.length ? { inputs: app.about.inputs.map((input) => parts.map((part) => placeOf(input, part.reading[input.name]))) } : null;
  const setting = app.about.inputs.map((input) => placeOf(input, told.reading?.[input.name]));
  const lacking = app.about.inputs.filter((_, i) => !Number.isFinite(setting[i])).map((input) => input.name);
  if (lacking.length) app.emit('setting');
  else app.setAll(Float64Array.from(setting));
  const said = lacking.length ? `The setting stays: ${lacking.join(', ')} of this part is missing or outside the domain.` : 'The part is the setting now.';
  return other ? `${said} This page is of another model than the one that judges: export it again.` : said;
}

// A reading as the number that the model takes; NaN where it is missing or outside.
function placeOf(input, value) {
  if (input.levels) {
    const at = input.levels.findIndex((name) => name === String(value) || (name !== '' && Number(name) === Number(value)));
    return at < 0 ? NaN : at;
  }
  const v = typeof value === 'number' ? value : Number.parseFloat(value);
  return v >= input.lower && v <= input.upper ? v : NaN;
}

// SHA-256 in hex; '' where the browser computes none (pages that come by plain HTTP from afar).
async function digestOf(bytes) {
  if (!crypto.subtle) return '';
  const found = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...found].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
