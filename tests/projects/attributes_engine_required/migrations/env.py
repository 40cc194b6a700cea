"""The caller must hand over an Engine, under the name "connection"."""
from alembic import context
from zoo_attributes_engine_required.models import Base

connectable = context.config.attributes["connection"]
with connectable.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
