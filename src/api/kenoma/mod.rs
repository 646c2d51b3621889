//! What only this server offers, under `/api/v1/kenoma`. README describes it for authors of clients.

pub mod deliveries;
