// What the data of a month say about its houses.

import { scoreOf, short } from './score.js';

/** The words for what became of a visit. */
export const STATUSES = { scored: '已评', away: '外出', refused: '拒评', unreached: '未到' };

/** The panel of a name; the only one where there is one only. */
export const panelOf = (data, name) =>
  data.panels.length === 1 ? data.panels[0] : data.panels.find((panel) => panel.name === name);

/** The households of a panel, in the order in which one walks: by group and number. */
export function covered(data, panel) {
  const order = new Map(data.groups.map((group, at) => [group.code, at]));
  const ours = data.households.filter((one) => panel.groups.includes(one.group));
  const place = (one) => order.get(one.group) ?? data.groups.length;
  return ours.sort((left, right) => place(left) - place(right) || (left.number < right.number ? -1 : 1));
}

/** The number of a household, under the name of its group where there are several: it says who it is only in its group. */
export function numberOf(data, household) {
  const group = data.groups.length > 1 ? data.groups.find((one) => one.code === household.group) : null;
  return group ? `${group.name} ${household.number}` : household.number;
}

/** What a sheet or card comes to, in a word: `93 分`, `外出`. */
function comesTo(data, one) {
  if (one.status !== 'scored') return STATUSES[one.status] ?? one.status;
  const points = data.catalogue ? scoreOf(data.catalogue, one.findings) : null;
  return points === null ? STATUSES.scored : `${short(points)} 分`;
}

/** How a house stands: `{kind, mark, word}`; a colour, a sign and a word say the same. */
export function standing(data, household, sheet, { hasDraft, lacksPhoto } = {}) {
  if (sheet?.held) return { kind: 'held', mark: '!', word: '需核对' };
  if (sheet) return { kind: 'here', mark: '↑', word: `待传 ${comesTo(data, sheet)}` };
  if (data.conflicts.includes(household.code)) return { kind: 'conflict', mark: '≠', word: '两份不同' };
  if (hasDraft) return { kind: 'draft', mark: '…', word: '填了一半' };
  // Once it is signed, nothing can be added here.
  if (lacksPhoto && !household.card?.signed) return { kind: 'retake', mark: '!', word: '请补拍' };
  if (household.card) return { kind: 'done', mark: '✓', word: comesTo(data, household.card) };
  return { kind: 'todo', mark: '○', word: '未评' };
}

/** Whether somebody must still go to a house. */
export const isToDo = (household, sheet) => !sheet && !household.card;

/** The next house that is not done after one, going round; none where all are. */
export function nextToDo(households, waiting, code) {
  const at = households.findIndex((one) => one.code === code);
  const round = [...households.slice(at + 1), ...households.slice(0, Math.max(at, 0))];
  return round.find((one) => isToDo(one, waiting.get(one.code)));
}

const DAY = 86_400_000;
const dayNumber = (instant) => {
  const local = new Date(instant);
  return Date.UTC(local.getFullYear(), local.getMonth(), local.getDate()) / DAY;
};

/** Today by the server's calendar: its day when the data came, and the days that this phone has counted since. */
export function today(data, now) {
  const since = Math.max(0, dayNumber(now) - dayNumber(data.fetched_at));
  return new Date(Date.parse(`${data.today}T00:00:00Z`) + since * DAY).toISOString().slice(0, 10);
}

/** Whether nothing of a month is entered any more, as the server said last: it is not open, nor the last one before today's. */
export function isOver(data, month) {
  const [year, number] = data.today.split('-').map(Number);
  const last = number === 1 ? `${year - 1}-12` : `${year}-${`${number - 1}`.padStart(2, '0')}`;
  return month < last && ![data, ...(data.open ?? [])].some((one) => one.month === month);
}

/** Whether a day is after the end of the month that is scored, so that a reason is needed. */
export const isLate = (data, day) => day.slice(0, 7) > data.month;

/** A day for people: `11月3日`. */
export const dayTitle = (day) => `${Number(day.slice(5, 7))}月${Number(day.slice(8, 10))}日`;
