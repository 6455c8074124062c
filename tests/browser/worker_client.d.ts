/** What worker_client.js puts into the page. */
declare var h: any;
declare function start(options: any): Promise<any>;
