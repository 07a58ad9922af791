export { fileVolumes } from "./file-volumes.ts";
export { FileVolumesOptions } from "./options.ts";
