/** Whether one of the filters asks for a figure: by its id, or by the leading parts of it. None ask for all. */
export function asksForFigure(filters: readonly string[], id: string): boolean {
  return filters.length === 0 || filters.some((filter) => within(filter, id));
}

/** Whether a file may hold what one of the filters asks for: the file's name begins the ids of its figures. */
export function asksForFile(filters: readonly string[], name: string): boolean {
  return filters.length === 0 || filters.some((filter) => within(name, filter) || within(filter, name));
}

/** `local.moleculer` is within `local` and within itself. */
function within(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(`${outer}.`);
}
