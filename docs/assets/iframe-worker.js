/* A stand-in for Worker in pages opened from disk, where browsers start none: a hidden frame runs the script. */
"use strict";
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(address) {
      super();
      this.onmessage = null;
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.appendChild(this.frame);
      const ready = new Promise((resolve) => (this.start = resolve));
      this.ready = ready;
      window.addEventListener("message", (event) => {
        if (event.source !== this.frame.contentWindow) return;
        const message = new MessageEvent("message", { data: event.data });
        this.dispatchEvent(message);
        if (this.onmessage) this.onmessage(message);
      });
      this.run(new URL(address, document.baseURI).href);
    }

    run(address) {
      const inside = this.frame.contentWindow;
      inside.postMessage = (data) => window.postMessage.call(window, data, "*");
      inside.importScripts = (...addresses) =>
        addresses.reduce((before, next) => before.then(() => this.load(new URL(next, address).href)), Promise.resolve());
      this.load(address).then(this.start);
    }

    load(address) {
      return new Promise((resolve, reject) => {
        const script = this.frame.contentDocument.createElement("script");
        script.src = address;
        script.onload = resolve;
        script.onerror = reject;
        this.frame.contentDocument.body.appendChild(script);
      });
    }

    postMessage(data) {
      this.ready.then(() => this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data })));
    }

    terminate() {
      this.frame.remove();
    }
  };
}
