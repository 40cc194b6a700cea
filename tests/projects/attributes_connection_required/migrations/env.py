"""The caller must hand over a Connection: there is no other way in."""
from alembic import context
from zoo_attributes_connection_required.models import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
