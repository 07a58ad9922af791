/** Of all that is left of a line, names included. */
const roomInAll = 6_500;
const longestText = 1_500;

/**
 * What is kept of a line that is too long to be kept: where it is from, then its message, its error and its other fields as far as
 * there is room; of these no lists and no objects. It shares no memory with the line.
 *
 * @param line one JSON object
 */
export function cutLine(line: string): string {
  const { level, time, manager, address, msg, err, ...more } = JSON.parse(line) as Readonly<Record<string, unknown>>;
  let room = roomInAll;
  const fitting = (fields: object): object => {
    const kept: [string, unknown][] = [];
    for (const [name, value] of Object.entries(fields)) {
      if (value === undefined || name.length > room) continue;
      room -= name.length;
      if (name === "err" && typeof value === "object" && value !== null) kept.push([name, fitting(value)]);
      else if (typeof value === "string") {
        const text = value.slice(0, Math.min(longestText, room));
        room -= text.length;
        kept.push([name, text.length < value.length ? `${text}…` : text]);
      } else if (typeof value !== "object") kept.push([name, value]);
    }
    return Object.fromEntries(kept);
  };
  return JSON.stringify(fitting({ level, time, manager, address, msg, err, ...more }));
}
