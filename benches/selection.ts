/** Whether a filter asks for a figure: by its id, or by the leading parts of it. */
export function asksForFigure(filter: string | undefined, id: string): boolean {
  return filter === undefined || within(filter, id);
}

/** Whether a file may hold what a filter asks for: the file's name begins the ids of its figures. */
export function asksForFile(filter: string | undefined, name: string): boolean {
  return filter === undefined || within(name, filter) || within(filter, name);
}

/** `local.moleculer` is within `local` and within itself. */
function within(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(`${outer}.`);
}
