import { AedError } from '@aed/core'
import { GENERATED_BY } from '../emit/emit-header.ts'
import { GENERATOR_VERSION } from '../kernel-sources.ts'
import { TARGETS, type TargetName } from '../targets.ts'
import { BOARDS, boardsOf, type Board, type BoardName } from './boards.ts'
import { FIRMWARE_SOURCES } from './firmware-sources.ts'

/** What the header of a library says that it has. */
export interface LibraryFeatures {
  readonly name: string
  readonly audio: boolean
  readonly clip: boolean
  readonly selftest: boolean
  readonly detection: boolean
}

/** @throws AedError `INVALID_INPUT` when the files are no library of `generateC` */
export function featuresOf(files: Readonly<Record<string, string>>): LibraryFeatures {
  const path = Object.keys(files).find((file) => /^include\/\w+\.h$/.test(file))
  if (path === undefined) throw new AedError('INVALID_INPUT', 'the files hold no include/NAME.h', { hint: 'pass the files that generateC returns' })
  const name = path.slice('include/'.length, -'.h'.length)
  const has = (file: string) => `src/${name}_${file}` in files
  const detection = new RegExp(`^#define ${name.toUpperCase()}_DETECTS 1$`, 'm').test(files[`src/${name}_audio.h`] ?? '')
  return { name, audio: has('audio.c'), clip: has('clip.c'), selftest: has('selftest.c'), detection }
}

/**
 * Projects around a generated library: `verify`, which runs test vectors that come over a byte stream, and, where the library has its front end,
 * `listen`, which prints what the board's microphone hears. Both for every board of a target, and `verify` for this machine.
 * @param files what `generateC` returns
 * @returns text by path, all below `firmware/`
 * @throws AedError `INVALID_INPUT`
 */
export function emitFirmware(files: Readonly<Record<string, string>>, target: TargetName): Readonly<Record<string, string>> {
  const features = featuresOf(files)
  const { name } = features
  const boards: readonly BoardName[] = [...boardsOf(target).filter((board) => board !== 'host'), 'host']
  const common = Object.keys(FIRMWARE_SOURCES).filter((path) => !path.includes('/') && (features.audio || path !== 'listen.c') && (path !== 'mps2.h' || boards.some((board) => board.startsWith('mps2'))))
  const own = Object.keys(FIRMWARE_SOURCES).filter((path) => boards.some((board) => path.startsWith(`${board}/`)))
  const mark = `${GENERATED_BY} ${GENERATOR_VERSION}`
  const text = (path: string) => `/* ${mark}: firmware around '${name}'. */\n${FIRMWARE_SOURCES[path]!.replace(/\baed_/g, `${name}_`).replace(/\bAED_/g, `${name.toUpperCase()}_`)}`
  return Object.fromEntries<string>([
    ...[...common, ...own].map((path) => [`firmware/${path}`, text(path)] as const),
    ['firmware/config.h', configText(features, mark)],
    ['firmware/arm-none-eabi.cmake', `# ${mark}\nset(CMAKE_SYSTEM_NAME Generic)\nset(CMAKE_C_COMPILER arm-none-eabi-gcc)\nset(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)\n`],
    ['firmware/CMakeLists.txt', cmakeText(features, boards, mark)],
  ])
}

function configText({ name, clip, selftest, detection }: LibraryFeatures, mark: string): string {
  const flags = Object.entries({ CLIP: clip, SELFTEST: selftest, DETECTION: detection }).flatMap(([flag, has]) => (has ? [`#define HAS_${flag} 1\n`] : []))
  return `/* ${mark}: what the library has. */\n#ifndef CONFIG_H\n#define CONFIG_H\n\n#include "${name}.h"\n\n${flags.join('')}\n#endif\n`
}

function cmakeText({ name, audio }: LibraryFeatures, boards: readonly BoardName[], mark: string): string {
  const settings = boards.map((board) => {
    const { target, interrupt }: Board = BOARDS[board]
    const flags = [...TARGETS[target].flags, ...(interrupt === null ? [] : [`-DBOARD_INTERRUPT_0=${interrupt}`])]
    return `${board === boards[0] ? 'if' : 'elseif'}(BOARD STREQUAL "${board}")\n    set(BOARD_FLAGS ${flags.join(' ')})\n`
  })
  return `# ${mark}
#
#   cmake -S firmware -B build -DBOARD=${boards[0]!} && cmake --build build
#
${boards.map((board) => `# ${board}: ${BOARDS[board].description}`).join('\n')}
cmake_minimum_required(VERSION 3.13)

set(BOARD "${boards[0]!}" CACHE STRING "One of ${boards.join(', ')}")
if(NOT BOARD STREQUAL "host")
    set(CMAKE_TOOLCHAIN_FILE "\${CMAKE_CURRENT_LIST_DIR}/arm-none-eabi.cmake" CACHE FILEPATH "Cross compiler")
endif()
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Release: optimised")
endif()
project(${name}_firmware C)
set(CMAKE_C_FLAGS_RELEASE "-O2")

${settings.join('')}else()
    message(FATAL_ERROR "BOARD takes one of ${boards.join(', ')}, got \${BOARD}")
endif()
add_compile_options(\${BOARD_FLAGS} -ffunction-sections -fdata-sections)
add_link_options(\${BOARD_FLAGS} -Wl,--gc-sections)
add_subdirectory(.. ${name})

foreach(program verify${audio ? ' listen' : ''})
    if(BOARD STREQUAL "host")
        add_executable(\${program} \${program}.c host/board.c)
    else()
        add_executable(\${program} \${program}.c startup.c \${BOARD}/board.c)
        set_target_properties(\${program} PROPERTIES SUFFIX .elf)
        target_link_options(\${program} PRIVATE -nostartfiles -L\${CMAKE_CURRENT_LIST_DIR} -T\${CMAKE_CURRENT_LIST_DIR}/\${BOARD}/link.ld -Wl,-Map=\${program}.map)
    endif()
    target_include_directories(\${program} PRIVATE \${CMAKE_CURRENT_LIST_DIR})
    target_link_libraries(\${program} PRIVATE ${name} m)
endforeach()
`
}
