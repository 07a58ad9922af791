/** As `engines` of the package says. */
export const requiredNode = "22.18";

/** @throws Error in one line, naming both versions, when Node is older than the packages need */
export function requireNode(present: string): void {
  const [major = 0, minor = 0] = present.split(".").map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = requiredNode.split(".").map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  const error = new Error(`Reeve needs Node ${requiredNode} or later; this is Node ${present}`);
  // Where it was thrown helps nobody.
  error.stack = `Error: ${error.message}`;
  throw error;
}
