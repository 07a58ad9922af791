/**
 * JSON escapes C0 controls, but not DEL, C1 (0x9b starts a terminal sequence), line separators or the marks that reverse
 * the direction of text. All of them can only stand inside strings, so escaping them keeps the line valid JSON.
 */
const hazards = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

export function harmlessLine(line: string): string {
  return line.replace(hazards, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
