/** Content hashes of the built files by name without `rearview.`, put in by the build. */
declare const RV_FILES: Record<string, string>;
