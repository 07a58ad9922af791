import { malformed, readFields, readFlag, readList, readWhole } from "../gossip/index.ts";
import { definitionKey } from "./definition-json.ts";
import type { HostNews } from "./news.ts";

/** What one message tells: {@link HostNews} without what the message itself says. */
export type NewsBody = Omit<HostNews, "instance" | "seq" | "more">;

/** Text of any kind is bounded by the message that it comes in; names are shown, and longer ones say nothing. */
const longestName = 512;
/** As deep as a host cuts what it shows to, and some more. */
const deepest = 24;

type Read = (field: string, value: unknown) => void;

/**
 * Checks all of a host's news before any of it is believed: what has another shape than a page expects would stop the page, for
 * all hosts that it shows.
 *
 * @throws ReeveError `MALFORMED_FRAME` naming the field
 */
export function readNews(field: string, value: unknown): NewsBody {
  const news = readFields(field, value);
  const at = (name: string) => `${field}.${name}`;
  number(at("at"), news.at);
  if (news.host !== undefined) hostFacts(at("host"), news.host);
  if (news.gaveUp !== undefined) {
    const { reason, message: why } = readFields(at("gaveUp"), news.gaveUp);
    names(at("gaveUp"), { reason });
    text(at("gaveUp.message"), why);
  }
  if (news.left !== undefined) readFlag(at("left"), news.left);
  if (news.skipped !== undefined) readWhole(at("skipped"), news.skipped, 0);
  each(at("ended"), news.ended, name);
  each(at("actors"), news.actors, actor);
  each(at("messages"), news.messages, message);
  each(at("changes"), news.changes, (where, change) => {
    const { seq, id, event, snapshot: to, at: when } = readFields(where, change);
    stamp(where, seq, when);
    names(where, { id, event });
    snapshot(`${where}.snapshot`, to);
  });
  each(at("replies"), news.replies, reply);
  each(at("children"), news.children, (where, child) => {
    const { seq, id, name: called, parentId, definition, snapshot: now, at: when } = readFields(where, child);
    stamp(where, seq, when);
    names(where, { id, name: called, parentId, definition });
    childSnapshot(`${where}.snapshot`, now);
  });
  each(at("childChanges"), news.childChanges, (where, change) => {
    const { seq, id, event, snapshot: to, at: when } = readFields(where, change);
    stamp(where, seq, when);
    names(where, { id, event });
    childSnapshot(`${where}.snapshot`, to);
  });
  each(at("loads"), news.loads, (where, load) => {
    const { id, ...figures } = readFields(where, load);
    name(`${where}.id`, id);
    load4(where, figures);
  });
  each(at("details"), news.details, (where, detail) => {
    const { id, context: shown } = readFields(where, detail);
    name(`${where}.id`, id);
    context(`${where}.context`, shown);
  });
  each(at("panels"), news.panels, panelHead);
  each(at("tables"), news.tables, (where, shown) => {
    const { panel, table } = readFields(where, shown);
    name(`${where}.panel`, panel);
    panelTable(`${where}.table`, table);
  });
  for (const [key, chart] of Object.entries(readFields(at("definitions"), news.definitions ?? {}))) {
    const where = at(`definitions.${key.slice(0, 40)}`);
    shallow(where, readFields(where, chart));
    // Charts are looked up by key alone: whoever told another one under it would draw the other hosts' managers.
    if (definitionKey(JSON.stringify(chart)) !== key)
      throw malformed(where, "the chart that this is the key of", chart);
  }
  return news as unknown as NewsBody;
}

function hostFacts(field: string, value: unknown): void {
  const { host, cluster, startedAt, panels, acts } = readFields(field, value);
  names(field, { host });
  if (cluster !== undefined) name(`${field}.cluster`, cluster);
  number(`${field}.startedAt`, startedAt);
  each(`${field}.panels`, panels ?? null, panelHead);
  readFlag(`${field}.acts`, acts);
}

function panelHead(field: string, value: unknown): void {
  const { id, title, empty } = readFields(field, value);
  names(field, { id, title });
  if (empty !== undefined) text(`${field}.empty`, empty);
}

function panelTable(field: string, value: unknown): void {
  const { columns, rows, totals } = readFields(field, value);
  each(`${field}.totals`, totals, (where, total) => {
    const { id, state, count, since } = readFields(where, total);
    text(`${where}.id`, id);
    name(`${where}.state`, state);
    number(`${where}.count`, count);
    if (since !== undefined) number(`${where}.since`, since);
  });
  each(`${field}.columns`, columns ?? null, (where, column) => {
    const { id, label, kind } = readFields(where, column);
    names(where, { id, label });
    if (kind !== undefined) name(`${where}.kind`, kind);
  });
  each(`${field}.rows`, rows ?? null, (where, row) => {
    const { id, cells, detail, rank } = readFields(where, row);
    text(`${where}.id`, id);
    if (rank !== undefined) number(`${where}.rank`, rank);
    for (const cell of Object.values(readFields(`${where}.cells`, cells)))
      if (typeof cell === "object" && cell !== null) throw malformed(`${where}.cells`, "text, numbers and flags", cell);
    if (detail !== undefined) shallow(`${where}.detail`, readFields(`${where}.detail`, detail));
  });
}

function actor(field: string, value: unknown): void {
  const fields = readFields(field, value);
  const { seq, id, name: called, parentId, definition, history, at } = fields;
  names(field, { id, name: called, definition });
  if (parentId !== undefined) name(`${field}.parentId`, parentId);
  snapshot(`${field}.snapshot`, fields.snapshot);
  stamp(field, seq, at);
  each(`${field}.history`, history ?? null, (where, step) => {
    const { at: when, event, value: state, causes, failure, epoch } = readFields(where, step);
    number(`${where}.at`, when);
    text(`${where}.event`, event);
    stateValue(`${where}.value`, state);
    reasons(`${where}.causes`, causes);
    if (failure !== undefined) text(`${where}.failure`, failure);
    if (epoch !== undefined) number(`${where}.epoch`, epoch);
  });
}

function message(field: string, value: unknown): void {
  const { seq, at, from, to, type, operation, requestId, count, payload, maker } = readFields(field, value);
  readWhole(`${field}.seq`, seq, 0);
  number(`${field}.at`, at);
  readWhole(`${field}.count`, count, 1);
  names(field, { to, type });
  for (const [key, optional] of Object.entries({ from, operation, requestId }))
    if (optional !== undefined) name(`${field}.${key}`, optional);
  readFlag(`${field}.payload`, payload);
  if (maker !== undefined) callMaker(`${field}.maker`, maker);
}

function callMaker(field: string, value: unknown): void {
  const { caller, user, tenant } = readFields(field, value);
  names(field, { caller, user });
  if (tenant !== undefined) name(`${field}.tenant`, tenant);
}

function reply(field: string, value: unknown): void {
  const { seq, at, of, from, to, operation, requestId, durationMs, end } = readFields(field, value);
  stamp(field, seq, at);
  readWhole(`${field}.of`, of, 0);
  number(`${field}.durationMs`, durationMs);
  names(field, { from, operation, requestId });
  if (to !== undefined) name(`${field}.to`, to);
  if (end === "done" || end === "accepted") return;
  const { reason, outcome, message: said } = readFields(`${field}.end`, end);
  names(`${field}.end`, { reason, outcome });
  text(`${field}.end.message`, said);
}

/** When something happened: by its number, which older hosts do not give, and by the clock. */
function stamp(field: string, seq: unknown, at: unknown): void {
  if (seq !== undefined) readWhole(`${field}.seq`, seq, 0);
  number(`${field}.at`, at);
}

function childSnapshot(field: string, value: unknown): void {
  const { status, ...shown } = readFields(field, value);
  if (status !== "active" && status !== "done" && status !== "error" && status !== "stopped")
    throw malformed(`${field}.status`, "active, done, error or stopped", status);
  shallow(field, shown);
}

function snapshot(field: string, value: unknown): void {
  const { status, value: state, context: shown } = readFields(field, value);
  if (status !== "active" && status !== "done" && status !== "error")
    throw malformed(`${field}.status`, "active, done or error", status);
  stateValue(`${field}.value`, state);
  context(`${field}.context`, shown);
}

function stateValue(field: string, value: unknown): void {
  if (typeof value === "string") return name(field, value);
  for (const [state, child] of Object.entries(readFields(field, value))) names(field, { [state]: child });
}

function context(field: string, value: unknown): void {
  const { causes, epoch, failure, startedAt, own, ...figures } = readFields(field, value);
  reasons(`${field}.causes`, causes);
  number(`${field}.epoch`, epoch);
  number(`${field}.startedAt`, startedAt);
  if (failure !== undefined) text(`${field}.failure`, failure);
  load4(field, figures);
  shallow(`${field}.own`, own);
}

function reasons(field: string, value: unknown): void {
  each(field, value ?? null, (where, cause) => {
    const { reason, message: said } = readFields(where, cause);
    names(where, { reason });
    text(`${where}.message`, said);
  });
}

function load4(field: string, { inFlight, queued, calls, errors }: Readonly<Record<string, unknown>>): void {
  for (const [key, figure] of Object.entries({ inFlight, queued, calls, errors })) number(`${field}.${key}`, figure);
}

/** Absent is none; `null` is refused. */
function each(field: string, value: unknown, read: Read): void {
  if (value === undefined) return;
  for (const [index, item] of readList(field, value).entries()) read(`${field}.${index}`, item);
}

function names(field: string, fields: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(fields)) name(`${field}.${key}`, value);
}

function name(field: string, value: unknown): void {
  if (typeof value !== "string" || value.length > longestName)
    throw malformed(field, `text of up to ${longestName} characters`, value);
}

function text(field: string, value: unknown): void {
  if (typeof value !== "string") throw malformed(field, "text", value);
}

function number(field: string, value: unknown): void {
  if (typeof value !== "number" || !Number.isFinite(value)) throw malformed(field, "a number", value);
}

/** Whatever it is, it can be walked through. */
function shallow(field: string, value: unknown, depth = 0): void {
  if (typeof value !== "object" || value === null) return;
  if (depth > deepest) throw malformed(field, `at most ${deepest} levels`, value);
  for (const item of Object.values(value)) shallow(field, item, depth + 1);
}
