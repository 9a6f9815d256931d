// Findings and points for display: what the rules of `domain/src/scoring` say, in the browser.
// Points are tenths, as integers. The server scores again; nothing that is computed here is stored.

/** A text is not a list of findings, or names a rule that the catalogue does not have. */
export class FindingsError extends Error {}

const SEPARATORS = /[;；,，、\p{White_Space}]+/u;
const RULE_CODE = /^[0-9A-Za-z]{0,11}[A-Za-z]$/;

const isAct = (text) => text.split('+').every((rule) => RULE_CODE.test(rule));

/** Splits `H1a*2`, `H1a×2` and `H1a2` into act and count. */
function splitCount(piece) {
  const star = piece.search(/[*×]/);
  if (star >= 0 && isAct(piece.slice(0, star))) return [piece.slice(0, star), piece.slice(star + 1)];
  const act = piece.replace(/[0-9]+$/, '');
  return act.length < piece.length && isAct(act) ? [act, piece.slice(act.length)] : [piece, null];
}

function parseAct(piece) {
  const [act, count] = splitCount(piece);
  const times = count === null ? 1 : /^\+?[0-9]+$/.test(count) ? Number(count) : 0;
  if (times < 1 || times > 999) throw new FindingsError(`“${piece}”的次数应为 1 到 999 的整数`);
  const rules = act.split('+');
  const wrong = rules.find((rule) => !RULE_CODE.test(rule));
  if (wrong !== undefined) {
    throw new FindingsError(`“${wrong || piece}”不是扣分代码：代码以字母结尾，如 H1a；次数写作 H1a2`);
  }
  if (rules.length > 8) throw new FindingsError(`“${piece}”一件事至多违反 8 条标准`);
  if (new Set(rules).size < rules.length) throw new FindingsError(`“${piece}”在同一件事里把同一条标准写了两次`);
  return { act, times };
}

/** Findings in their canonical order: each act once, by its text. */
function ordered(acts) {
  return [...acts]
    .filter(([, times]) => times > 0)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([act, times]) => ({ act, times }));
}

/** Reads `H1a*2;H3b;H1a+H7a*2` into `[{act, times}]`; throws a `FindingsError` in words. */
export function parseFindings(text) {
  const acts = new Map();
  for (const piece of text.split(SEPARATORS).filter(Boolean)) {
    const { act, times } = parseAct(piece);
    acts.set(act, (acts.get(act) ?? 0) + times);
  }
  for (const [act, times] of acts) {
    if (times > 999) throw new FindingsError(`“${act}”的次数应为 1 到 999 的整数`);
  }
  return ordered(acts);
}

/** The text of findings, as it would be written again: `H1a*2;H3b`. */
export function writeFindings(findings) {
  return findings.map(({ act, times }) => (times > 1 ? `${act}*${times}` : act)).join(';');
}

/** The canonical text of a text. */
export const canonical = (text) => writeFindings(parseFindings(text));

/** Findings with an act found `step` times more; never fewer than none, never more than 999. */
export function stepped(findings, act, step) {
  const acts = new Map(findings.map((finding) => [finding.act, finding.times]));
  acts.set(act, Math.min(999, Math.max(0, (acts.get(act) ?? 0) + step)));
  return ordered(acts);
}

/** How often an act was found. */
export const timesOf = (findings, act) => findings.find((finding) => finding.act === act)?.times ?? 0;

/** Every rule of a catalogue by its code: `{rule, item, at}`, `at` being the item's place. */
export function rulesOf(catalogue) {
  const rules = new Map();
  catalogue.items.forEach((item, at) => item.rules.forEach((rule) => rules.set(rule.code, { rule, item, at })));
  return rules;
}

/** The rule by which an act counts: the one with most points before caps, at equal points the one written first. */
export function countingRule(rules, act) {
  let counting = null;
  for (const code of act.split('+')) {
    const known = rules.get(code);
    if (!known) throw new FindingsError(`扣分代码“${code}”不在当月生效的积分项目里`);
    if (!counting || known.rule.points > counting.rule.points) counting = known;
  }
  return counting;
}

/**
 * What a card is worth, in tenths: `{total, environment, findings, items: [{code, full, deducted, lost, left}]}`, the
 * items in the order of the catalogue; an item's deductions stop at its full points.
 */
export function score(catalogue, findings) {
  const rules = rulesOf(catalogue);
  const deducted = catalogue.items.map(() => 0);
  let count = 0;
  for (const { act, times } of findings) {
    const { rule, at } = countingRule(rules, act);
    deducted[at] += rule.points * times;
    count += times;
  }
  const items = catalogue.items.map((item, at) => {
    const lost = Math.min(deducted[at], item.full_points);
    return { code: item.code, full: item.full_points, deducted: deducted[at], lost, left: item.full_points - lost };
  });
  const sum = (wanted) => items.reduce((all, item, at) => (wanted(catalogue.items[at]) ? all + item.left : all), 0);
  return { total: sum(() => true), environment: sum(isEnvironment), findings: count, items };
}

/** Whether an item is of the class 人居环境. */
export const isEnvironment = (item) => item.category === '人居环境' || item.category === 'environment';

/** The score of a text of findings, or none where it cannot be read against this catalogue. */
export function scoreOf(catalogue, text) {
  try {
    return score(catalogue, parseFindings(text)).total;
  } catch (error) {
    if (error instanceof FindingsError) return null;
    throw error;
  }
}

/** Points for people: `93`, `92.5`. */
export function short(tenths) {
  const [whole, tenth] = [Math.trunc(tenths / 10), Math.abs(tenths % 10)];
  return tenth ? `${whole}.${tenth}` : `${whole}`;
}
