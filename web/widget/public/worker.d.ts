/** The worker's file; give its address to `init({workerUrl})`. It is not to be imported. */
export {};
