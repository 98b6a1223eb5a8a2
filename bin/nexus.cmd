@echo off
setlocal
set ELECTRON_RUN_AS_NODE=1
if "%NEXUS_NODE%"=="" set NEXUS_NODE=node
"%NEXUS_NODE%" "%~dp0..\dist\cli\nexus.cjs" %*
