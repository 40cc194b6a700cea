"""Sound twin of defect_env_commits_nothing: the statement is committed."""
from sqlalchemy import engine_from_config, pool, text

from alembic import context
from zoo_sound_env_commits import Base

config = context.config
engine = engine_from_config(
    config.get_section(config.config_ini_section, {}),
    poolclass=pool.NullPool,
)
with engine.connect() as connection:
    connection.execute(text("SELECT 1"))  # does the database answer?
    connection.commit()
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
