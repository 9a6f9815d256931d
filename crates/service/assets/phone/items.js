// The items of a house's page: each rule with − count +, and what is left of the item.

import { button, h } from './dom.js';
import { isEnvironment, short, stepped, timesOf } from './score.js';
import { photosOf } from './photo.js';

/** The items of a catalogue under their classes: `{elements, update}`. `sheet` is the page's state. */
export function itemsOf(sheet, catalogue) {
  const rows = catalogue.items.map((item) => itemRow(sheet, item));
  const classes = [['人居环境', isEnvironment], ['乡风文明', (item) => !isEnvironment(item)]];
  const elements = classes.flatMap(([title, belongs]) => {
    const mine = rows.filter((row) => belongs(row.item));
    return mine.length ? [h('h2', {}, title), ...mine.map((row) => row.element)] : [];
  });
  const update = (result) => rows.forEach((row, at) => row.update(result?.items[at]));
  return { elements, update };
}

function itemRow(sheet, item) {
  const left = h('span', { class: 'left', 'data-item-left': item.code });
  const missing = h('p', { class: 'problem', hidden: true }, '还没有照片。没拍到也能保存，请在备注里写明。');
  const rules = item.rules.map((rule) => ruleRow(sheet, item, rule));
  const title = h('h3', { id: `item-${item.code}` }, item.item);
  const element = h(
    'section',
    { class: 'item', 'data-item': item.code, 'aria-labelledby': `item-${item.code}` },
    h('div', { class: 'item-head' }, title, left),
    rules.map((rule) => rule.element),
    photosOf(sheet, item),
    missing,
  );
  const update = (result) => {
    rules.forEach((rule) => rule.update());
    left.textContent = result ? leftWords(result) : '';
    element.classList.toggle('lost', Boolean(result?.lost));
    const found = (rule) => sheet.draft.findings.some(({ act }) => act.split('+').includes(rule.code));
    const wants = item.rules.some((rule) => rule.evidence_required && found(rule));
    missing.hidden = !wants || sheet.draft.photos.some((photo) => photo.item === item.code);
  };
  return { item, element, update };
}

/** `本项 12`, `本项 12 → 8`, `本项 8 → 0 扣完为止`. */
function leftWords({ full, lost, left, deducted }) {
  if (lost === 0) return `本项 ${short(full)}`;
  return `本项 ${short(full)} → ${short(left)}${deducted > full ? ' 扣完为止' : ''}`;
}

function ruleRow(sheet, item, rule) {
  const unit = `每${rule.unit.replace(/^每/, '') || '次'}`;
  const words = `${rule.rule}，${unit}扣 ${short(rule.points)} 分`;
  const count = h('output', { class: 'count', 'data-count': rule.code });
  const step = (by, sign, act) =>
    button({
      class: 'step', 'data-rule': rule.code, 'data-step': by > 0 ? '+1' : '-1', 'aria-label': `${rule.code} ${words}：${act}`,
      onclick: () => {
        sheet.draft.findings = stepped(sheet.draft.findings, rule.code, by);
        sheet.changed();
      },
    }, sign);
  const [less, more] = [step(-1, '−', '减一'), step(1, '+', '加一')];
  const element = h(
    'div',
    { class: 'rule' },
    h('p', {}, h('b', {}, rule.code), ` ${rule.rule}`, h('small', {}, `${unit} −${short(rule.points)}`),
      rule.evidence_required ? h('small', { class: 'evidence' }, '需拍照') : null),
    h('div', { class: 'steps' }, less, count, more),
  );
  const update = () => {
    const times = timesOf(sheet.draft.findings, rule.code);
    count.textContent = `${times}`;
    element.classList.toggle('found', times > 0);
    less.setAttribute('aria-disabled', `${times === 0}`);
  };
  return { element, update };
}
