import type { ImageDirectory } from "./image-directory.ts";

/**
 * Refuses a session that was fenced, and says so where a call fails because it was fenced meanwhile. That is for people: what
 * keeps a fenced session from changing anything is that its directory is gone.
 */
export function served<Rest extends unknown[], Answer>(
  method: (directory: ImageDirectory, ...rest: Rest) => Answer | Promise<Answer>,
): (directory: ImageDirectory, ...rest: Rest) => Promise<Answer> {
  return async (directory, ...rest) => {
    await directory.workspace.verify();
    try {
      return await method(directory, ...rest);
    } catch (error) {
      await directory.workspace.verify();
      throw error;
    }
  };
}
