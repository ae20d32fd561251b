// The page of the API: Swagger UI, which BentoML brings along, over our OpenAPI document.
window.SwaggerUIBundle({ url: "docs.json", dom_id: "#api", deepLinking: true });
