// What is typed into a grid of paper sheets stays in this tab until it is saved: a session that ended loses nothing.

const PREFIX = 'typed ';

/**
 * Keeps the changed lines of the form of `table[data-sheet-entry]`, and puts back those of an earlier visit whose card is
 * still what it was. Returns the fields that were put back.
 */
export function keepTyped(table) {
  const form = table.closest('form');
  const key = `${PREFIX}${form.dataset.account} ${form.getAttribute('action')} ${form.elements.group.value}`;
  const rows = [...table.tBodies[0].rows].map((row) => {
    const [household, was, input] = ['household', 'was', 'findings'].map((name) => row.querySelector(`[name=${name}]`));
    return { household: household.value, was: was.value, input };
  });
  const keep = () => {
    const changed = rows.filter(({ was, input }) => input.value.trim() !== was);
    const lines = changed.map(({ household, was, input }) => [household, { was, typed: input.value }]);
    if (lines.length > 0) sessionStorage.setItem(key, JSON.stringify(Object.fromEntries(lines)));
    else sessionStorage.removeItem(key);
  };
  const kept = JSON.parse(sessionStorage.getItem(key) ?? '{}');
  // What the server gave back, with what is wrong with it, is newer than what the tab kept.
  const back = rows.filter(({ household, was, input }) => input.value === was && kept[household]?.was === was);
  for (const { household, input } of back) input.value = kept[household].typed;
  if (back.length > 0) table.closest('.card').before(said(`已找回上次没有保存的 ${back.length} 户，请核对后保存。`));
  table.addEventListener('input', keep);
  form.addEventListener('submit', keep);
  keep();
  return back.map(({ input }) => input);
}

/** Forgets every line that was kept, whoever typed it. */
export function forgetTyped() {
  Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX)).forEach((key) => sessionStorage.removeItem(key));
}

function said(words) {
  const line = document.createElement('p');
  Object.assign(line, { className: 'word-soon', textContent: words });
  line.setAttribute('role', 'status');
  return line;
}
