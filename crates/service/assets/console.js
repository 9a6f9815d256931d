// What makes the console quicker; every form works without it.

/** Asks before a form is sent: `form[data-confirm="text"]`. */
function askFirst(form) {
  let agreed = false;
  form.addEventListener('submit', (event) => {
    if (agreed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const [dialog, words, foot] = ['dialog', 'p', 'form'].map((tag) => document.createElement(tag));
    words.textContent = form.dataset.confirm;
    words.id = 'confirm-words';
    dialog.setAttribute('aria-labelledby', words.id);
    foot.method = 'dialog';
    foot.append(answer('取消', 'no', 'btn'), ' ', answer('确定', 'yes', 'btn btn-primary'));
    dialog.append(words, foot);
    dialog.addEventListener('close', () => {
      dialog.remove();
      event.submitter?.focus();
      agreed = dialog.returnValue === 'yes';
      if (agreed) form.requestSubmit(event.submitter);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

function answer(words, value, look) {
  const button = document.createElement('button');
  Object.assign(button, { textContent: words, value, className: look });
  return button;
}

/** Goes to the chosen place or month: `select[data-go]` with addresses of ours as values. */
function goTo(select) {
  select.addEventListener('change', () => {
    if (/^\/(?!\/)/.test(select.value)) location.assign(select.value);
  });
}

/** Shows where one is in the flow, where the flow is wider than the phone. */
function showPresent(flow) {
  const [list, present] = [flow.querySelector('ul'), flow.querySelector('[aria-current]')];
  if (list && present) list.scrollLeft = present.offsetLeft - (list.clientWidth - present.clientWidth) / 2;
}

/** Drops the phone page of whoever logs out: it names them, and opens without the server. */
function forgetPhonePage(form) {
  form.addEventListener('submit', async (event) => {
    if (!globalThis.caches || form.dataset.forgotten) return;
    event.preventDefault();
    const names = (await caches.keys()).filter((name) => name.startsWith('phone-'));
    await Promise.all(names.map((name) => caches.delete(name))).catch(() => {});
    form.dataset.forgotten = 'yes';
    form.requestSubmit();
  });
}

/** What a row may say besides findings: the words of `domain/src/scoring/typed.rs`, and what the row comes to. */
const WORDS = new Map([
  ...['-', '0', '无', '无扣分', '满分'].map((word) => [word, '100']),
  ...['外', '外出', 'w', 'W'].map((word) => [word, '外出']),
  ...['拒', '拒评', 'j', 'J'].map((word) => [word, '拒评']),
  ...['未', '未到', 'n', 'N'].map((word) => [word, '未到']),
]);

/** Paper sheets by keyboard: `table[data-sheet-entry]`, one `input[name=findings]` a row. */
async function enterSheets(table) {
  const { parseFindings, score, short, FindingsError } = await import('./phone/score.js');
  const catalogue = JSON.parse(document.querySelector('#catalogue').textContent);
  const inputs = [...table.querySelectorAll('input[name=findings]')];

  const read = (text) => {
    if (text === '' || WORDS.has(text)) return { worth: WORDS.get(text) ?? '', message: '' };
    try {
      const { total } = score(catalogue, parseFindings(text));
      return { worth: short(total), message: '' };
    } catch (error) {
      if (error instanceof FindingsError) return { worth: '', message: error.message };
      throw error;
    }
  };
  const check = (input) => {
    const row = input.closest('tr');
    const { worth, message } = read(input.value.trim());
    row.querySelector('[data-score]').textContent = worth;
    row.querySelector('[data-message]').textContent = message;
    if (message) input.setAttribute('aria-invalid', 'true');
    else input.removeAttribute('aria-invalid');
  };
  const step = (input, by) => {
    const next = inputs[inputs.indexOf(input) + by];
    next?.focus();
    next?.select();
  };
  table.addEventListener('input', (event) => inputs.includes(event.target) && check(event.target));
  table.addEventListener('keydown', (event) => {
    const by = { Enter: event.shiftKey ? -1 : 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    // Enter also ends a word of a Chinese keyboard.
    if (by === undefined || event.isComposing || !inputs.includes(event.target)) return;
    event.preventDefault();
    step(event.target, by);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key.toLowerCase() !== 's' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    table.closest('form').requestSubmit();
  });
}

document.querySelectorAll('form[data-confirm]').forEach(askFirst);
document.querySelectorAll('select[data-go]').forEach(goTo);
document.querySelectorAll('nav.flow').forEach(showPresent);
document.querySelectorAll('form[action="/logout"]').forEach(forgetPhonePage);
document.querySelectorAll('table[data-sheet-entry]').forEach(enterSheets);
