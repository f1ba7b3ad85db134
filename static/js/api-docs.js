// The API's description, shown by Swagger UI. Requests that are tried out go as whoever is signed in here.
const root = document.documentElement;
const place = document.getElementById("api-docs");
const { schema, csrf } = place.dataset;

const dark = matchMedia("(prefers-color-scheme: dark)");
const dress = () => root.classList.toggle("dark-mode", root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
dress();
dark.addEventListener("change", dress);
new MutationObserver(dress).observe(root, { attributeFilter: ["data-theme"] });

window.SwaggerUIBundle({
  url: schema,
  domNode: place,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  filter: true,
  validatorUrl: null,
  requestInterceptor: (request) => {
    const own = new URL(request.url, location.href).origin === location.origin;
    if (own && request.method && request.method !== "GET") request.headers["X-CSRFToken"] = csrf;
    return request;
  },
});
