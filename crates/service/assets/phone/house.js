// One house: what was found, and what it comes to. What is typed is kept at once; saving puts it into the queue.

import { button, h, heading, rest, show, tell } from './dom.js';
import { heldActs } from './held.js';
import { itemsOf } from './items.js';
import { jointActs } from './joint.js';
import { covered, isLate, nextToDo, numberOf, panelOf, standing, STATUSES, today } from './month.js';
import { FindingsError, parseFindings, rulesOf, score, short } from './score.js';
import { draftOf, nameOf, newSheet, retakeWords } from './sheets.js';
import { whyNotKept } from './store.js';

/** Shows the page of a house. */
export async function showHouse(app, code) {
  const { data } = app;
  const panel = data && panelOf(data, app.panel);
  const household = panel && covered(data, panel).find((one) => one.code === code);
  if (!household || !data.catalogue) return app.go('#/');
  const sheet = await open(app, panel, household);
  if (location.hash !== `#/h/${code}`) return;
  const name = `${numberOf(data, household)} ${household.head_name}`;
  const back = h('a', { href: '#/', class: 'back' }, '‹ 名单');
  const head = [back, heading(name), h('p', { class: 'soft' }, lastWords(data, household))];
  if (household.card?.signed) {
    return show([...head, sheet.waiting?.held ? state(sheet) : null, signedCard(data, household)], name);
  }
  const form = formOf(sheet);
  show([...head, state(sheet), lacking(sheet), ...form.elements], name);
  form.update();
}

/** The page's state: the draft, and how it is kept. */
async function open(app, panel, household) {
  const { store, queue, data } = app;
  const name = nameOf(data.month, household.code);
  const waiting = queue.waiting(data.month).get(household.code);
  const draft = draftOf(await store.get('draft', name), waiting, household.card);
  const refused = await store.get('refused', name);
  app.addresses.splice(0).forEach((address) => URL.revokeObjectURL(address));
  const queued = new Set(queue.sheets.filter((one) => nameOf(one.month, one.household_code) === name).flatMap((one) => one.photos));
  return { app, store, data, panel, record: household, household: household.code, month: data.month, name, draft, waiting, queued, refused,
    addresses: app.addresses, kept: Promise.resolve(), taking: null, busy: false };
}

/** Last month's findings, in the words of the rules where they still stand. */
function lastWords(data, { last, last_status: status }) {
  if (status && status !== 'scored') return `上月：${STATUSES[status] ?? '未评'}`;
  if (last === null || last === undefined) return '上月：没有积分卡';
  return `上月：${last === '' ? '无扣分' : findingsWords(data, last)}`;
}

function findingsWords(data, text) {
  const rules = rulesOf(data.catalogue);
  const words = ({ act, times }) => {
    const named = act.split('+').map((code) => rules.get(code)?.rule.rule ?? code).join(' 与 ');
    return times > 1 ? `${named} ×${times}` : named;
  };
  try {
    return parseFindings(text).map(words).join('；');
  } catch {
    return text;
  }
}

function signedCard(data, household) {
  const { status, findings } = household.card;
  const words = status === 'scored' && findings ? findingsWords(data, findings) : standing({ ...data, conflicts: [] }, household).word;
  return h('div', { class: 'notice', id: 'signed' }, h('p', {}, '组长已经签字，这张积分卡不能在手机上更改；确有错误，没结账的请用电脑在录入页重交，由组长采用并重新签字，结账以后走更正。'), h('p', {}, words));
}

/** What is known of this house's card, where somebody has been here already. */
function state({ app, data, waiting, record }) {
  const { card, code } = record;
  let words = '';
  if (waiting?.held) words = `没有被接受：${waiting.held}`;
  else if (data.conflicts.includes(code)) words = '这一户有两份不同的积分卡，请和本组的人核对；再存一份，以村里确认的为准。';
  else if (waiting) words = '已存本机，还没有上传；可以更改。';
  else if (card) words = `已有积分卡（${card.panel}）；更改后再保存，会成为新的一份。`;
  if (!words) return null;
  const name = `${numberOf(data, record)} ${record.head_name}`;
  // Whoever has gone on to another page meanwhile stays there.
  const then = () => location.hash === `#/h/${code}` && app.go(location.hash);
  return h('div', { class: 'notice', 'data-kind': waiting?.held ? 'problem' : 'done' }, h('p', {}, words),
    waiting?.held ? heldActs(app, waiting, name, then) : null);
}

/** The photo that the server refused, while its card went without it. */
function lacking({ refused }) {
  return refused ? h('p', { class: 'notice', id: 'retake', 'data-kind': 'problem' }, `${retakeWords(refused)}，再保存一次。`) : null;
}

function formOf(sheet) {
  const { app, data } = sheet;
  const total = h('output', { id: 'score', 'aria-live': 'polite' });
  const problem = h('p', { class: 'problem', id: 'problem', role: 'alert' });
  const items = itemsOf(sheet, data.catalogue);
  const joint = jointActs(sheet, data.catalogue);
  const details = detailsOf(sheet);
  const update = () => {
    const { result, words } = scored(data, sheet.draft);
    items.update(result);
    joint.update();
    details.update();
    total.textContent = result ? short(result.total) : '—';
    problem.textContent = words;
  };
  /** Keeps the draft, and with it photos that were taken or removed, all or nothing; tells why not, if it is not kept. */
  sheet.changed = (photos = [], dropped = []) => {
    // The day of the visit is the day on which the sheet was begun.
    sheet.draft.scored_on ||= today(data, Date.now());
    update();
    const keep = () => sheet.store.change([['draft', sheet.name, { ...sheet.draft }], ...photos], dropped);
    sheet.kept = sheet.kept.then(keep).then(() => '', (error) => {
      problem.textContent = `本机没有存下来：${whyNotKept(error)}。`;
      return whyNotKept(error);
    });
    return sheet.kept;
  };
  const save = (status) => saved(sheet, status, problem, details);
  const nothing = button({ class: 'wide', id: 'nothing-found', onclick: () => discards(sheet, '无扣分') && save('nothing') }, '无扣分');
  const other = (status) =>
    button({ class: 'wide', 'data-status': status, onclick: () => discards(sheet, STATUSES[status]) && save(status) }, STATUSES[status]);
  const menu = h('details', { class: 'menu', id: 'not-scored' }, h('summary', {}, '没有评成…'), ['away', 'refused', 'unreached'].map(other));
  const foot = h('div', { class: 'foot' }, h('p', {}, '得分 ', total),
    button({ class: 'main', id: 'save-next', onclick: () => save('scored') }, '保存并下一户'));
  return { elements: [h('div', { class: 'quick' }, nothing, menu), ...items.elements, joint.element, details.element, problem, foot], update };
}

function scored(data, draft) {
  try {
    return { result: score(data.catalogue, draft.findings), words: '' };
  } catch (error) {
    if (error instanceof FindingsError) return { result: null, words: error.message };
    throw error;
  }
}

/** Asks before findings are thrown away. */
function discards(sheet, words) {
  const count = sheet.draft.findings.reduce((all, { times }) => all + times, 0);
  return count === 0 || confirm(`已经记了 ${count} 处扣分。改为“${words}”就不要这些扣分了，确定吗？`);
}

/** Note, day of the visit, and the reason where that is late. */
function detailsOf(sheet) {
  const { app, data, draft } = sheet;
  const keep = (field) => (event) => {
    draft[field] = event.target.value;
    sheet.changed();
  };
  const now = today(data, Date.now());
  const note = h('textarea', { id: 'note', rows: '2', maxlength: '200', value: draft.note, oninput: keep('note') });
  const day = h('input', { id: 'scored-on', type: 'date', min: `${data.month}-01`, max: now, value: draft.scored_on || now, onchange: keep('scored_on') });
  const reason = h('input', { id: 'late-reason', maxlength: '200', 'aria-required': 'true', value: draft.late_reason || app.lateReason, oninput: keep('late_reason') });
  const late = h('label', {}, '评分日期在月末之后，请写明原因（必填）', reason);
  const element = h('section', { class: 'item details' }, h('label', {}, '备注（可不填）', note), h('label', {}, '评分日期', day), late);
  const update = () => {
    late.hidden = !isLate(data, draft.scored_on || now);
  };
  return { element, update, reason, late, day };
}

/** Saves, and goes to the next house that is not done. */
async function saved(sheet, status, problem, details) {
  const { app, data, draft, panel } = sheet;
  const isScored = status === 'scored' || status === 'nothing';
  if (sheet.busy || (status === 'scored' && scored(data, draft).words)) return;
  const refuse = (message, field) => {
    problem.textContent = message;
    field.focus();
  };
  if (!details.day.value || !details.day.validity.valid) return refuse('评分日期应在当月 1 日至今天之间', details.day);
  const late = !details.late.hidden;
  if (late && !details.reason.value.trim()) return refuse('评分日期在月末之后：请先写明原因', details.reason);
  sheet.busy = true;
  if (sheet.taking) problem.textContent = '正在存照片…';
  // A photo that was just taken is still being made smaller, and belongs to this sheet.
  if (sheet.taking && !(await sheet.taking)) {
    sheet.busy = false;
    problem.textContent = '有一张照片没有存下来，请看照片旁边的说明，再按一次保存。';
    return;
  }
  const found = {
    ...draft,
    findings: status === 'scored' ? draft.findings : [],
    late_reason: late ? details.reason.value : '',
    base_revision: Math.max(draft.base_revision, app.queue.taken.get(sheet.name) ?? 0),
  };
  const made = newSheet(data, panel.name, sheet.household, isScored ? 'scored' : status, found, today(data, Date.now()), Date.now());
  try {
    await sheet.kept;
    await app.queue.add(made);
  } catch (error) {
    sheet.busy = false;
    problem.textContent = `本机没有存下来：${whyNotKept(error)}，再按一次保存。`;
    return;
  }
  if (late) app.lateReason = made.late_reason;
  app.sync.run();
  // What was sent since this page was opened is done in the newest data, and not yet in this page's.
  const walk = covered(app.data, panel).filter((one) => !app.tab || one.group === app.tab);
  const next = nextToDo(walk, app.queue.waiting(app.data.month), sheet.household);
  const result = isScored ? `${short(score(data.catalogue, found.findings).total)} 分` : STATUSES[status];
  const words = `${numberOf(data, sheet.record)} ${sheet.record.head_name} 已存本机：${result}。${next ? '' : '这里都评完了。'}`;
  tell(words, 'done', h('a', { href: `#/h/${sheet.household}` }, '更改'));
  rest();
  app.go(next ? `#/h/${next.code}` : '#/');
}
