// The setting for other programs: a table of one row, and a command line that answers the same.
import { copyText, el } from '../dom.js';
import { plainNumber } from './controls.js';

function settingText(app, i) {
  const input = app.model.inputs[i];
  return input.levels ? (input.levels[app.setting[i]] ?? '') : plainNumber(app.setting[i]);
}

function csvCell(text) {
  return /[",;\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// 'cement,water\n300,180\n': names of the inputs, then their values.
export function settingCsv(app) {
  const { inputs } = app.model;
  const rows = [inputs.map((input) => input.name), inputs.map((_, i) => settingText(app, i))];
  return rows.map((row) => `${row.map(csvCell).join(',')}\n`).join('');
}

export function shellQuoted(text) {
  return /^[\w.=+:/%@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

// "sna-edge query strength.sna --at cement=300 'fly ash=0'" for a POSIX shell.
export function settingCommand(app) {
  const given = app.model.inputs.map((input, i) => `${input.name}=${settingText(app, i)}`);
  const plain = given.filter((text) => !text.startsWith('-')).map(shellQuoted);
  const odd = given.filter((text) => text.startsWith('-')).map((text) => shellQuoted(`--at=${text}`));
  const at = plain.length ? ['--at', ...plain] : [];
  const level = app.level === null ? [] : ['--level', String(app.level)];
  const file = app.about.file.startsWith('-') ? `./${app.about.file}` : app.about.file;
  return ['sna-edge', 'query', shellQuoted(file), ...at, ...odd, ...level].join(' ');
}

// The buttons that copy, and what they say of it.
export function copyButtons(app, ...before) {
  const said = el('p', { class: 'said', role: 'status' });
  const button = (text, make, what) =>
    el('button', {
      type: 'button', class: 'act', text,
      onclick: async () => {
        const done = await copyText(make(app));
        said.textContent = done ? `${what} is in the clipboard.` : 'The browser allows no copying here.';
      },
    });
  return [
    el('div', { class: 'row' },
      ...before,
      button('Copy as CSV', settingCsv, 'The setting as a table'),
      button('Copy as command', settingCommand, 'A command that gives this answer')),
    said,
  ];
}
