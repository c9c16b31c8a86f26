/* Makes each frame with a booking page as high as what is in it. It listens to the page in that frame and to nobody else. */
(() => {
  addEventListener("message", (event) => {
    const height = event.data && event.data.bookingHeight;
    if (typeof height !== "number" || !(height > 0) || height > 20000) return;
    for (const frame of document.querySelectorAll("iframe[data-booking]"))
      if (frame.contentWindow === event.source && new URL(frame.src).origin === event.origin)
        frame.height = String(Math.ceil(height));
  });
})();
