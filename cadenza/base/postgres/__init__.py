"""The bundled PostgreSQL: started, attached to after a crash, and stopped, inside the data folder."""
